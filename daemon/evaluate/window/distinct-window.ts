import { estimateDistinct } from "../../../bpf/compile/registers.ts";

/**
 * How many different values there were: for each register and rank that was seen the newest tick
 * that saw it, so that a tick leaves without looking at the others.
 */
export interface DistinctWindow {
  readonly kind: "distinct";
  /** by packed register */
  readonly newest: Map<number, number>;
  estimate: number | undefined;
}

export function distinctWindow(): DistinctWindow {
  return { kind: "distinct", newest: new Map(), estimate: undefined };
}

/** @param packed registers of one tick, as samples carry them */
export function addRegisters(window: DistinctWindow, sequence: number, packed: readonly number[]): void {
  for (const register of packed) window.newest.set(register, sequence);
  window.estimate = undefined;
}

/** Forgets what only the tick `sequence` and those before it have seen. */
export function dropRegisters(window: DistinctWindow, sequence: number): void {
  for (const [register, newest] of window.newest) if (newest <= sequence) window.newest.delete(register);
  window.estimate = undefined;
}

export function estimateOf(window: DistinctWindow): number {
  window.estimate ??= window.newest.size === 0 ? 0 : estimateDistinct(window.newest.keys());
  return window.estimate;
}
