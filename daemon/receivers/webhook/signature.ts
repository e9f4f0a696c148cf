import { createHmac } from "node:crypto";

/** A request that is signed. */
export interface Signed {
  /** the key: `whsec_` and base64, or any other text as it is */
  readonly key: string;
  /** the id of the message, which is the same on every attempt */
  readonly id: string;
  readonly body: string | Uint8Array;
}

/** The headers of a signature. */
export interface SignatureHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

/**
 * Returns the headers of a signature by Standard Webhooks, version 1 (HMAC-SHA256 of
 * `ID.TIMESTAMP.BODY`;
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function signatureHeaders({ key, id, body }: Signed, nowUnixMs: number): SignatureHeaders {
  const timestamp = String(Math.floor(nowUnixMs / 1000));
  const signature = createHmac("sha256", keyBytes(key)).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

function keyBytes(key: string): Uint8Array {
  const text = key.trim();
  return text.startsWith("whsec_") ? Buffer.from(text.slice("whsec_".length), "base64") : Buffer.from(text);
}
