import type { DistributionWindow } from "./distribution-window.ts";

/** The unit of a number in user space. Sizes and percentages are plain numbers; durations are nanoseconds and mix with nothing else. */
export type Unit = "plain" | "duration";

/**
 * What a formula reads: one key's window at one tick. Undefined is "no data" everywhere.
 */
export interface Scope {
  /** by index of the rule's aggregates: the value over the window */
  readonly aggregates: readonly (number | undefined)[];
  /** by index of the rule's aggregates: what quantiles are taken of; absent where it is no histogram, and without events */
  readonly distributions: readonly (DistributionWindow | undefined)[];
  /** by index of the rule's aggregates: over all keys */
  readonly keyCounts: readonly number[];
  readonly totals: readonly number[];
  /** how much of the window has been watched */
  readonly windowSeconds: number;
  /** by index of `RuleFormulas.cells`; filled in their order */
  readonly cells: readonly (number | undefined)[];
  /** what a history says about earlier windows, given the value of now */
  recall(history: number, current: number | undefined): number | undefined;
}

/** A compiled number. No data in is no data out; x / 0 and x % 0 are no data. */
export interface NumberFormula {
  readonly kind: "number";
  readonly unit: Unit;
  readonly evaluate: (scope: Scope) => number | undefined;
}

/**
 * A compiled condition. Comparing no data gives no data. `and`, `or` and `not` are Kleene's three-valued logic: `false and no data` is
 * false, `true or no data` is true, and whatever still depends on the missing value is no data.
 */
export interface ConditionFormula {
  readonly kind: "boolean";
  readonly evaluate: (scope: Scope) => boolean | undefined;
}

export type Formula = NumberFormula | ConditionFormula;

/** How a history looks back on earlier windows: the one just before, or a statistic of those within `spanMs`. */
export type Recall =
  | { readonly kind: "previous" }
  | { readonly kind: "mean"; readonly spanMs: number }
  | { readonly kind: "stddev"; readonly spanMs: number };

/** One call that looks back: the values of `argument` at earlier ticks are kept for it. */
export interface HistoryCall {
  readonly recall: Recall;
  readonly argument: NumberFormula;
}

export function number(unit: Unit, evaluate: NumberFormula["evaluate"]): NumberFormula {
  return { kind: "number", unit, evaluate };
}

export function condition(evaluate: ConditionFormula["evaluate"]): ConditionFormula {
  return { kind: "boolean", evaluate };
}

/** Applies `operate` where both operands have data; a result that is no number (x / 0) is no data. */
export function arithmetic(
  unit: Unit,
  left: NumberFormula,
  right: NumberFormula,
  operate: (left: number, right: number) => number,
): NumberFormula {
  return number(unit, (scope) => {
    const a = left.evaluate(scope);
    const b = right.evaluate(scope);
    if (a === undefined || b === undefined) return undefined;
    const result = operate(a, b);
    return Number.isFinite(result) ? result : undefined;
  });
}

export function comparison(
  left: NumberFormula,
  right: NumberFormula,
  compare: (left: number, right: number) => boolean,
): ConditionFormula {
  return condition((scope) => {
    const a = left.evaluate(scope);
    const b = right.evaluate(scope);
    return a === undefined || b === undefined ? undefined : compare(a, b);
  });
}

export function conjunction(left: ConditionFormula, right: ConditionFormula): ConditionFormula {
  return condition((scope) => {
    const a = left.evaluate(scope);
    if (a === false) return false;
    const b = right.evaluate(scope);
    return b === false ? false : a === undefined || b === undefined ? undefined : true;
  });
}

export function negation(operand: ConditionFormula): ConditionFormula {
  return condition((scope) => {
    const value = operand.evaluate(scope);
    return value === undefined ? undefined : !value;
  });
}

/** De Morgan holds in Kleene's logic. */
export function disjunction(left: ConditionFormula, right: ConditionFormula): ConditionFormula {
  return negation(conjunction(negation(left), negation(right)));
}

/** The first alternative that has data. */
export function firstWithData(unit: Unit, alternatives: readonly NumberFormula[]): NumberFormula {
  return number(unit, (scope) => {
    for (const alternative of alternatives) {
      const value = alternative.evaluate(scope);
      if (value !== undefined) return value;
    }
    return undefined;
  });
}
