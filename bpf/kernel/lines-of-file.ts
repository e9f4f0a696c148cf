import { readSync } from "node:fs";

const PIECE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** A line without its end, and the offset where it begins. */
export interface Line {
  readonly bytes: Buffer;
  readonly at: number;
}

/**
 * Yields the lines of an open file, read in pieces, up to a number of bytes. A line that is longer
 * than a piece is cut into several. With `withRest` the text after the last line end comes too.
 *
 * @param from where to begin; undefined for a file that can only be read forward, such as those of
 * /proc
 */
export function* linesOf(
  descriptor: number,
  mostBytes: number,
  from: number | undefined,
  withRest = true,
): Generator<Line, void, undefined> {
  const piece = Buffer.alloc(PIECE_BYTES);
  let [filled, start, total] = [0, from ?? 0, 0];
  for (;;) {
    const position = from === undefined ? null : start + filled;
    const read = total >= mostBytes ? 0 : readSync(descriptor, piece, filled, piece.length - filled, position);
    total += read;
    filled += read;
    let done = 0;
    for (let end = piece.subarray(0, filled).indexOf(NEWLINE); end >= 0;) {
      yield { bytes: piece.subarray(done, end), at: start + done };
      done = end + 1;
      const next = piece.subarray(done, filled).indexOf(NEWLINE);
      end = next < 0 ? -1 : done + next;
    }
    if (read === 0 || (done === 0 && filled === piece.length)) {
      if (filled > done && withRest) yield { bytes: piece.subarray(done, filled), at: start + done };
      done = filled;
    }
    piece.copy(piece, 0, done, filled);
    start += done;
    filled -= done;
    if (read === 0) return;
  }
}
