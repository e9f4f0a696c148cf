import type { Generation, Generations } from "../../bpf/load/generations.ts";
import { momentOf, type Clock, type Moment } from "../service/clock.ts";

/** A generation that no longer changes, and the end of its interval. */
export interface Flipped {
  readonly idle: Generation;
  readonly moment: FlipMoment;
}

export interface FlipMoment extends Moment {
  /** when the other generation began to count (CLOCK_BOOTTIME) */
  readonly nextFromMs: number;
}

/**
 * Flips generations. The interval ends at the flip, not when the idle generation is still: a pause
 * in between belongs to the other generation. The clock is read before and after, so that neither
 * interval is too short.
 */
export async function flipAt(generations: Pick<Generations, "flip">, clock: Clock): Promise<Flipped> {
  const nextFromMs = clock.bootMs();
  const flipping = generations.flip();
  const moment = { ...momentOf(clock), nextFromMs };
  return { idle: await flipping, moment };
}
