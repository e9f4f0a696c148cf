import { setImmediate } from "node:timers/promises";

/** The approximate time for which work may hold the event loop. */
export const SLICE_MS = 50;

/**
 * Runs work in pieces, and lets the event loop run after each slice of time. Rejects if a piece
 * throws.
 */
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
