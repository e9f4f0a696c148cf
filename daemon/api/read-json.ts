import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";

const MAX_BYTES = 64 * 1024;

/** Reads the body of a request. Throws ApiError if it is too long or not JSON. */
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
    throw new ApiError(400, "expected a JSON body, found other text");
  }
}
