import type { LevelCondition, RuleFormulas } from "../formula/check-formulas.ts";
import type { ConditionFormula, Scope } from "../formula/formula.ts";

/** The judgment of a rule's threshold on one key at one tick. */
export type Verdict =
  | {
      readonly kind: "no_data";
      /**
       * `missing`: there is nothing to judge by; `warm_up`: a baseline has too little past;
       * `early`: a condition holds now, but need not once the window is whole
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
      /** why nothing holds, if the conditions do not say that */
      readonly because?: string;
    };

/** The part of a window that was seen, in words; undefined if it is whole. */
export type Unseen = string | undefined;

/**
 * Judges one key. There is too little to judge if `when` is false or has no data, or if no level is
 * true while one has no data. A `clear` without data does not clear.
 *
 * In a window that is not whole a condition counts as true only if the rest of the window cannot
 * make it false, whatever it brings. This holds for `when`, `clear` and each level by itself.
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
