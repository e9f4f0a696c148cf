import { condition, type ConditionFormula, type NumberFormula } from "./formula.ts";
import { growthOfDifference } from "./growth.ts";

interface Comparison {
  readonly holds: (left: number, right: number) => boolean;
  /**
   * true if the verdict stays as it is however far the left side rises above the right one, or
   * falls below it
   */
  readonly staysRising: (left: number, right: number) => boolean;
  readonly staysFalling: (left: number, right: number) => boolean;
}

const isAbove = (left: number, right: number): boolean => left > right;
const isAtLeast = (left: number, right: number): boolean => left >= right;
const isBelow = (left: number, right: number): boolean => left < right;
const isAtMost = (left: number, right: number): boolean => left <= right;

/** All comparisons of numbers; one record each. */
export const COMPARISONS = {
  "==": { holds: (left, right) => left === right, staysRising: isAbove, staysFalling: isBelow },
  "!=": { holds: (left, right) => left !== right, staysRising: isAbove, staysFalling: isBelow },
  "<": { holds: isBelow, staysRising: isAtLeast, staysFalling: isBelow },
  "<=": { holds: isAtMost, staysRising: isAbove, staysFalling: isAtMost },
  ">": { holds: isAbove, staysRising: isAbove, staysFalling: isAtMost },
  ">=": { holds: isAtLeast, staysRising: isAtLeast, staysFalling: isBelow },
} as const satisfies Readonly<Record<string, Comparison>>;

export type ComparisonName = keyof typeof COMPARISONS;

export function isComparison(operator: string): operator is ComparisonName {
  return Object.hasOwn(COMPARISONS, operator);
}

/** Compares two numbers. If a side has no data, so has the comparison. */
export function comparison(left: NumberFormula, right: NumberFormula, name: ComparisonName): ConditionFormula {
  const { holds, staysRising, staysFalling }: Comparison = COMPARISONS[name];
  return condition(
    (scope) => {
      const a = left.evaluate(scope);
      const b = right.evaluate(scope);
      return a === undefined || b === undefined ? undefined : holds(a, b);
    },
    (scope) => {
      const a = left.evaluate(scope);
      const b = right.evaluate(scope);
      if (a === undefined || b === undefined) return undefined;
      const { course } = growthOfDifference(
        { growth: left.growth(scope), value: a },
        { growth: right.growth(scope), value: b },
      );
      if (course === "open") return undefined;
      const stays = course === "rises" ? staysRising(a, b) : course === "falls" ? staysFalling(a, b) : true;
      return stays ? holds(a, b) : undefined;
    },
  );
}
