import { createHash, createHmac } from "node:crypto";

/** A request to AWS, without its signature. */
export interface Unsigned {
  readonly method: string;
  readonly path: string;
  /** the headers that are signed, by their lower-case names */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Scope {
  readonly secret: string;
  /** such as 20150830T123600Z */
  readonly time: string;
  readonly region: string;
  readonly service: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const mac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/**
 * Computes a signature step by step as AWS describes it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), for
 * requests without a query.
 */
export function signatureV4(
  { method, path, headers, body }: Unsigned,
  { secret, time, region, service }: Scope,
): string {
  const sorted = Object.entries(headers).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const canonicalHeaders = sorted.map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const names = sorted.map(([name]) => name).join(";");
  const canonical = [method, path, "", canonicalHeaders, names, sha256(body)].join("\n");
  const day = time.slice(0, 8);
  const toSign = ["AWS4-HMAC-SHA256", time, `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(mac, `AWS4${secret}`);
  return mac(key, toSign).toString("hex");
}
