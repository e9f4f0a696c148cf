import type { LevelCondition, RuleFormulas } from "../formula/check-formulas.ts";
import type { ConditionFormula, Scope } from "../formula/formula.ts";

/** What a rule's threshold says of one key at one tick. */
export type Verdict =
  | {
      readonly kind: "no_data";
      /**
       * nothing to judge by; a baseline with too little past; or what holds now but need not once
       * the window is whole
       */
      readonly why: "missing" | "warm_up" | "early";
      readonly reason: string;
      /** the highest level that holds as far as was seen, -1 for none */
      readonly soFar: number;
    }
  | {
      readonly kind: "judged";
      /** the index of the highest level that holds, -1 for none */
      readonly highest: number;
      /** the highest level that does not hold now, but may once the window is whole; -1 for none */
      readonly open: number;
      /** true if firing may end */
      readonly clear: boolean;
      /** why nothing holds, where that is not what the conditions say */
      readonly because?: string;
    };

/** How much of a window was seen, in words; undefined where it is whole. */
export type Unseen = string | undefined;

/**
 * Judges one key. There is too little to judge where `when` is false or itself has no data, and
 * where no level is true while one has no data. A `clear` without data does not clear.
 *
 * In a window that is not whole a condition counts as true only where whatever the rest of it may
 * have brought cannot make it false: `when`, `clear` and each level by itself.
 */
export function judge(formulas: RuleFormulas, scope: Scope, unseen: Unseen): Verdict {
  const { levels, clear, when } = formulas;
  const settled = (formula: ConditionFormula): boolean | undefined =>
    unseen === undefined ? formula.evaluate(scope) : formula.settled(scope);
  if (when !== undefined && when.formula.evaluate(scope) !== true) {
    return missing(`${when.words.explain(scope)} does not hold`);
  }
  if (when !== undefined && settled(when.formula) !== true) return early(when.words.explain(scope), unseen, -1);
  const values = levels.map(({ formula }) => settled(formula));
  const highest = values.lastIndexOf(true);
  const now = values.map((value, level) => value ?? levels[level]?.formula.evaluate(scope));
  if (highest < 0) {
    const soFar = now.lastIndexOf(true);
    if (soFar >= 0) return early(wordsOf(levels[soFar], scope), unseen, soFar);
    if (now.includes(undefined)) return missing(wordsOf(levels[now.indexOf(undefined)], scope));
  }
  const open = now.findLastIndex((value, level) => value !== undefined && values[level] === undefined);
  return { kind: "judged", highest, open, clear: clear === undefined || settled(clear.formula) === true };
}

const wordsOf = (level: LevelCondition | undefined, scope: Scope): string => level?.words.explain(scope) ?? "no data";

function missing(reason: string): Verdict {
  return { kind: "no_data", why: "missing", reason: `no data: ${reason}`, soFar: -1 };
}

function early(words: string, unseen: Unseen, soFar: number): Verdict {
  return { kind: "no_data", why: "early", reason: `too early to judge: ${words}, but ${unseen}`, soFar };
}
