import { setImmediate } from "node:timers/promises";

/** Work holds the loop at most about so long before others have their turn. */
export const SLICE_MS = 50;

/** Takes pieces of work, as many in a turn of the loop as fit into a slice. What is thrown by one rejects. */
export async function inTurns<Piece>(
  pieces: Iterable<Piece>,
  take: (piece: Piece) => void,
  nowMs: () => number,
): Promise<void> {
  let untilMs = nowMs() + SLICE_MS;
  for (const piece of pieces) {
    take(piece);
    if (nowMs() < untilMs) continue;
    await setImmediate();
    untilMs = nowMs() + SLICE_MS;
  }
}
