import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** Lines longer than this are read in several pieces; none of ours is. */
const MAX_LINE_BYTES = 16 << 20;
const LINE_BREAK = 0x0a;

/** A line of a log file, without its line break. */
export interface LogLine {
  readonly text: Buffer;
  /** false for the last line of a file if no line break follows */
  readonly isWhole: boolean;
}

/**
 * Yields the lines of a log file, in sets. A file whose name ends with `.gz` is decompressed.
 * Rejects with Node's error.
 */
export async function* linesOf(path: string): AsyncGenerator<readonly LogLine[], void, undefined> {
  let part: Buffer = Buffer.alloc(0);
  for await (const piece of bytesOf(path)) {
    const bytes = part.length === 0 ? piece : Buffer.concat([part, piece]);
    const lines: LogLine[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LINE_BREAK); at >= 0; at = bytes.indexOf(LINE_BREAK, from)) {
      lines.push({ text: bytes.subarray(from, at), isWhole: true });
      from = at + 1;
    }
    part = bytes.subarray(from);
    if (part.length > MAX_LINE_BYTES) {
      lines.push({ text: part, isWhole: true });
      part = Buffer.alloc(0);
    }
    if (lines.length > 0) yield lines;
  }
  if (part.length > 0) yield [{ text: part, isWhole: false }];
}

/** Returns true for an error of a compressed file whose content is wrong. */
export function isCompressionError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

function bytesOf(path: string): AsyncIterable<Buffer> {
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  // An error of either ends both, and rejects the reading.
  return path.endsWith(".gz") ? pipeline(stream, createGunzip({ chunkSize: 1 << 18 }), () => undefined) : stream;
}
