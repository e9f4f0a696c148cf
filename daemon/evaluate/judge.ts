import type { RuleFormulas } from "./check-formulas.ts";
import type { Scope } from "./formula.ts";

/** What a rule's threshold says of one key at one tick. */
export type Verdict =
  | { readonly kind: "no_data"; readonly reason: string }
  /** `highest`: the index of the highest level that holds, -1 for none; `clear`: whether firing may end */
  | { readonly kind: "judged"; readonly highest: number; readonly clear: boolean };

/**
 * Judges one key. There is too little to judge where `when` is false or itself has no data, and where no level is true while one has no
 * data. A `clear` without data does not clear.
 */
export function judge(formulas: RuleFormulas, scope: Scope): Verdict {
  const { levels, clear, when } = formulas;
  if (when !== undefined && when.formula.evaluate(scope) !== true) {
    return { kind: "no_data", reason: `${when.words.explain(scope)} does not hold` };
  }
  const values = levels.map(({ formula }) => formula.evaluate(scope));
  const highest = values.lastIndexOf(true);
  if (highest < 0 && values.includes(undefined)) {
    const missing = levels[values.indexOf(undefined)];
    return { kind: "no_data", reason: missing?.words.explain(scope) ?? "no data" };
  }
  return { kind: "judged", highest, clear: clear === undefined || clear.formula.evaluate(scope) === true };
}
