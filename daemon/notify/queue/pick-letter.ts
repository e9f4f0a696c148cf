import { PATIENCE, type ReceiverPace } from "./receiver-pace.ts";
import type { WaitingLetter } from "./waiting-letter.ts";

/**
 * The failures of its own after which a letter is overtaken even by later ones of its lane. The
 * first of them replaces it.
 */
const REPLACED_AFTER = 5;

/**
 * The longest wait for a letter that has failed once or twice: it is not overtaken if it is tried
 * again this soon.
 */
const SHORT_MS = 5_000;

/** The letter to try next, and when. */
export interface Pick {
  readonly waiting: WaitingLetter;
  readonly atMs: number;
}

/**
 * Chooses the letter to try next: the oldest that may go, so that order is kept through short
 * troubles. Letters that failed several times come after all others, the least tried first, so that
 * a new one is tried before them. Returns undefined if no letter waits.
 */
export function pickLetter(queue: readonly WaitingLetter[], pace: ReceiverPace, nowMs: number): Pick | undefined {
  let soonest: Pick | undefined;
  const consider = (waiting: WaitingLetter): Pick | undefined => {
    const pick = { waiting, atMs: pace.readyAtMs(waiting) };
    if (pick.atMs <= nowMs) return pick;
    if (soonest === undefined || pick.atMs < soonest.atMs) soonest = pick;
    return undefined;
  };
  const passedBy: WaitingLetter[] = [];
  // Order is worth a short wait.
  let mayWait = pace.isFirstTrouble;
  for (const waiting of firstOfLanes(queue)) {
    if (waiting.tries >= PATIENCE) {
      passedBy.push(waiting);
      continue;
    }
    const pick = consider(waiting);
    if (pick !== undefined) return pick;
    if (mayWait && waiting.tries > 0 && soonest !== undefined && soonest.atMs - nowMs <= SHORT_MS) return soonest;
    mayWait = false;
  }
  for (const waiting of passedBy.toSorted((one, other) => one.tries - other.tries)) {
    const pick = consider(waiting);
    if (pick !== undefined) return pick;
  }
  return soonest;
}

/**
 * Yields letters that are the first of their lane, or have only such letters before them as may be
 * overtaken.
 */
function* firstOfLanes(queue: readonly WaitingLetter[]): Generator<WaitingLetter> {
  const taken = new Set<string>();
  for (const waiting of queue) {
    const { lane } = waiting.letter;
    if (lane !== undefined && taken.has(lane)) continue;
    yield waiting;
    if (lane !== undefined && waiting.ownFailures < REPLACED_AFTER) taken.add(lane);
  }
}
