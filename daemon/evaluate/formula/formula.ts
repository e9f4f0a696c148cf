import type { Beyond } from "./bound-text.ts";
import type { DistributionWindow } from "../window/distribution-window.ts";
import { type Grown, type Growth, growthOfDifference, isTakenAsSeen, OPEN, SEEN } from "./growth.ts";

/**
 * The unit of a number in user space. Sizes and percentages are plain numbers; durations are
 * nanoseconds and mix with nothing else.
 */
export type Unit = "plain" | "duration";

/**
 * The values that a formula reads: one key's window at one tick. Undefined is "no data" everywhere.
 */
export interface Scope {
  /** by index of the rule's aggregates: the value over the window */
  readonly aggregates: readonly (number | undefined)[];
  /**
   * by index of the rule's aggregates: the histogram to take quantiles of; absent if it is not a
   * histogram, and without events
   */
  readonly distributions: readonly (DistributionWindow | undefined)[];
  /** by index of the rule's aggregates: over all keys */
  readonly keyCounts: readonly number[];
  readonly totals: readonly number[];
  /** how much of the window has been watched, 0 to 1 */
  readonly filled: number;
  /**
   * true if totals are a share of a longer time; at least one window of it must have held that
   * share
   */
  readonly isShare?: boolean;
  /**
   * true if the tick is not over: more events may come before it, and change what describes those
   * that were seen
   */
  readonly isAhead?: boolean;
  /** by index of `RuleFormulas.cells`; filled in their order */
  readonly cells: readonly (number | undefined)[];
  /** recalls the value of earlier windows, given the current value */
  readonly recall: (history: number, current: number | undefined) => number | undefined;
}

/**
 * A compiled number. If an operand has no data, neither has the number; x / 0 and x % 0 are no
 * data.
 */
export interface NumberFormula {
  readonly kind: "number";
  readonly unit: Unit;
  readonly evaluate: (scope: Scope) => number | undefined;
  /** the effect of more events in the rest of a window that is not whole */
  readonly growth: (scope: Scope) => Growth;
  /**
   * the direction in which it is only a bound now, because values lie beyond a histogram's steps
   */
  readonly beyond?: (scope: Scope) => Beyond | undefined;
}

/**
 * A compiled condition. Comparing no data gives no data. `and`, `or` and `not` are Kleene's
 * three-valued logic: `false and no data` is false, `true or no data` is true, and a result that
 * still depends on the missing value is no data.
 */
export interface ConditionFormula {
  readonly kind: "boolean";
  readonly evaluate: (scope: Scope) => boolean | undefined;
  /**
   * its value if the rest of a window that is not whole cannot change it; undefined if that cannot
   * be said yet, and without data
   */
  readonly settled: (scope: Scope) => boolean | undefined;
}

export type Formula = NumberFormula | ConditionFormula;

/**
 * The way in which a history looks back on earlier windows: to the one just before, or for a
 * statistic of those within `spanMs`.
 */
export type Recall =
  | { readonly kind: "previous" }
  | { readonly kind: "mean"; readonly spanMs: number }
  | { readonly kind: "stddev"; readonly spanMs: number };

/** One call that looks back: the values of `argument` at earlier ticks are kept for it. */
export interface HistoryCall {
  readonly recall: Recall;
  readonly argument: NumberFormula;
}

export function number(
  unit: Unit,
  growth: NumberFormula["growth"],
  evaluate: NumberFormula["evaluate"],
): NumberFormula {
  return { kind: "number", unit, evaluate, growth };
}

export function condition(
  evaluate: ConditionFormula["evaluate"],
  settled: ConditionFormula["settled"],
): ConditionFormula {
  return { kind: "boolean", evaluate, settled };
}

/** The result of an operator of numbers, and the growth of that result. */
export interface Operation {
  readonly operate: (left: number, right: number) => number;
  readonly growth: (left: Grown, right: Grown) => Growth;
}

export const MINUS: Operation = { operate: (left, right) => left - right, growth: growthOfDifference };

/**
 * Applies an operation if both operands have data. A result that is not a number (x / 0) is no
 * data.
 */
export function arithmetic(
  unit: Unit,
  left: NumberFormula,
  right: NumberFormula,
  { operate, growth }: Operation,
): NumberFormula {
  return number(
    unit,
    (scope) => {
      const a = left.evaluate(scope);
      const b = right.evaluate(scope);
      if (a === undefined || b === undefined) return OPEN;
      return growth({ growth: left.growth(scope), value: a }, { growth: right.growth(scope), value: b });
    },
    (scope) => {
      const a = left.evaluate(scope);
      const b = right.evaluate(scope);
      if (a === undefined || b === undefined) return undefined;
      const result = operate(a, b);
      return Number.isFinite(result) ? result : undefined;
    },
  );
}

export function conjunction(left: ConditionFormula, right: ConditionFormula): ConditionFormula {
  return condition(
    (scope) => both(left.evaluate(scope), () => right.evaluate(scope)),
    (scope) => both(left.settled(scope), () => right.settled(scope)),
  );
}

function both(left: boolean | undefined, rightOf: () => boolean | undefined): boolean | undefined {
  if (left === false) return false;
  const right = rightOf();
  return right === false ? false : left === undefined || right === undefined ? undefined : true;
}

export function negation(operand: ConditionFormula): ConditionFormula {
  return condition(
    (scope) => not(operand.evaluate(scope)),
    (scope) => not(operand.settled(scope)),
  );
}

const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

/** De Morgan holds in Kleene's logic. */
export function disjunction(left: ConditionFormula, right: ConditionFormula): ConditionFormula {
  return negation(conjunction(negation(left), negation(right)));
}

/** Returns the first alternative that has data. */
export function firstWithData(unit: Unit, alternatives: readonly NumberFormula[]): NumberFormula {
  const chosen = (scope: Scope): number => alternatives.findIndex((each) => each.evaluate(scope) !== undefined);
  return number(
    unit,
    (scope) => {
      const at = chosen(scope);
      const own = alternatives[at]?.growth(scope) ?? OPEN;
      // One before it may have data later.
      const isSeen = alternatives.slice(0, at + 1).every((each) => isTakenAsSeen(each.growth(scope)));
      return at === 0 ? own : isSeen ? SEEN : OPEN;
    },
    (scope) => alternatives[chosen(scope)]?.evaluate(scope),
  );
}
