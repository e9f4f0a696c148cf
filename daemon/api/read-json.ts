import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";

const MAX_BYTES = 64 * 1024;

/** The body of a request. Throws ApiError where it is too long or no JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new ApiError(413, `expected a body of at most ${MAX_BYTES} bytes, found more`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new ApiError(400, "expected a body of JSON, found another text");
  }
}
