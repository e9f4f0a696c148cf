import { estimateDistinct } from "../../../bpf/compile/registers.ts";

/**
 * The count of distinct values over a window. For each register and rank that was seen it holds the
 * newest tick that saw it, so that a tick leaves without a look at the others.
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

/** Forgets the registers that only the tick `sequence` and earlier ones have seen. */
export function dropRegisters(window: DistinctWindow, sequence: number): void {
  for (const [register, newest] of window.newest) if (newest <= sequence) window.newest.delete(register);
  window.estimate = undefined;
}

export function estimateOf(window: DistinctWindow): number {
  window.estimate ??= window.newest.size === 0 ? 0 : estimateDistinct(window.newest.keys());
  return window.estimate;
}
