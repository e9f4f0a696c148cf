import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { emptyValue } from "../window/aggregate-window.ts";
import type { HistoryCall, Scope } from "./formula.ts";
import type { Cell } from "./formula-context.ts";

/** Evaluates the cells in their order. Returns the scope with them. */
export function evaluateCells(formulas: { readonly cells: readonly Cell[] }, scope: Scope): Scope {
  if (formulas.cells.length === 0) return scope;
  const cells: (number | undefined)[] = [];
  const complete = { ...scope, cells };
  for (const { formula } of formulas.cells) cells.push(formula.evaluate(complete));
  return complete;
}

/**
 * Returns the scope of a key without events in a window that is full, and without a past that
 * differs: count and sum are 0, all else is no data, earlier windows were like this one.
 */
export function zeroScope(formulas: {
  readonly aggregates: readonly Aggregate[];
  readonly histories: readonly HistoryCall[];
}): Scope {
  const zeros = formulas.aggregates.map(() => 0);
  return {
    aggregates: formulas.aggregates.map(emptyValue),
    distributions: [],
    keyCounts: zeros,
    totals: zeros,
    filled: 1,
    cells: [],
    recall: (history, current) => {
      const steady = formulas.histories[history]?.recall.kind === "stddev";
      return steady && current !== undefined ? 0 : current;
    },
  };
}
