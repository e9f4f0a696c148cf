import { closeSync, openSync, readSync } from "node:fs";

/**
 * Reads a file of /proc of at most this many bytes, or returns undefined if it has more. Throws if
 * it cannot be opened.
 */
export function readWithin(path: string, most: number): Buffer | undefined {
  const descriptor = openSync(path, "r");
  try {
    const pieces: Buffer[] = [];
    let total = 0;
    for (;;) {
      const piece = Buffer.alloc(64 * 1024);
      const read = readSync(descriptor, piece);
      if (read === 0) return Buffer.concat(pieces);
      total += read;
      if (total > most) return undefined;
      pieces.push(piece.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
}
