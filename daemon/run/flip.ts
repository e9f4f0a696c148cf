import type { Generation, Generations } from "../../bpf/load/generations.ts";
import { momentOf, type Clock, type Moment } from "../service/clock.ts";

/** A generation that is still, and when what it counted ended. */
export interface Flipped {
  readonly idle: Generation;
  readonly moment: FlipMoment;
}

export interface FlipMoment extends Moment {
  /** the other generation counts from then on (CLOCK_BOOTTIME) */
  readonly nextFromMs: number;
}

/**
 * Flips generations. The moment is that of the flip, not when the idle generation is still: what the process stands still for in
 * between belongs to the other one. It is read before and after, so that neither is taken for shorter than it was.
 */
export async function flipAt(generations: Pick<Generations, "flip">, clock: Clock): Promise<Flipped> {
  const nextFromMs = clock.bootMs();
  const flipping = generations.flip();
  const moment = { ...momentOf(clock), nextFromMs };
  return { idle: await flipping, moment };
}
