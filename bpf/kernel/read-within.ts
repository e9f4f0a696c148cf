import { closeSync, openSync, readSync } from "node:fs";

/** At most so many bytes of a file of /proc; undefined where it has more. Throws where it cannot be opened. */
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
