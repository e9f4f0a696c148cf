import { timingSafeEqual } from "node:crypto";
import { signatureHeaders } from "./signature.ts";

/** The parts of a request that its signature is about, as they arrived. */
export interface ReceivedRequest {
  /** the header `webhook-id` */
  readonly id: string;
  /** the header `webhook-timestamp`, in Unix seconds */
  readonly timestamp: string;
  /** the header `webhook-signature`: one or several, separated by spaces */
  readonly signature: string;
  /** the bytes as they came: a body that was parsed and written again is another one */
  readonly body: Uint8Array;
}

/**
 * Returns why a request does not have a signature by Standard Webhooks that the key makes, or
 * undefined if it has one. The age of the request is for the caller to judge.
 * @param key `whsec_` and base64, or any other text as it is
 */
export function signatureFault(key: string, request: ReceivedRequest): string | undefined {
  const { id, timestamp, signature, body } = request;
  if (!/^\d{1,11}$/.test(timestamp)) return `expected Unix seconds as the timestamp, found "${timestamp}"`;
  const found = signature.split(" ").filter((each) => each !== "");
  const ours = found.filter((each) => each.startsWith("v1,"));
  if (ours.length === 0) return `expected a signature that begins with "v1,", found "${signature}"`;
  const signed = signatureHeaders({ key, id, body }, Number(timestamp) * 1000);
  if (ours.some((each) => isSame(each, signed["webhook-signature"]))) return undefined;
  return "the signature is not one of this id, timestamp and body by this key";
}

function isSame(found: string, expected: string): boolean {
  const [one, other] = [Buffer.from(found), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
