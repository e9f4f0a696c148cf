import type { FileHandle } from "node:fs/promises";

/** Records are shorter. A longer line does not begin a log of ours. */
const MAX_LINE_BYTES = 1 << 20;
const PIECE_BYTES = 4096;
const LINE_BREAK = 0x0a;

/** Returns the first line of a file without its line break, or undefined if it has no whole line. */
export async function firstLine(handle: FileHandle): Promise<Buffer | undefined> {
  for (let length = PIECE_BYTES; length <= MAX_LINE_BYTES; length *= 4) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(LINE_BREAK);
    if (end >= 0) return buffer.subarray(0, end);
    if (bytesRead < length) return undefined;
  }
  return undefined;
}
