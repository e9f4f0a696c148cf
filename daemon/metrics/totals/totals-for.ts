import type { RuleFormulas } from "../../evaluate/formula/check-formulas.ts";
import type { Settings } from "../../settings/settings.ts";
import { RuleTotals } from "./rule-totals.ts";

/** Returns the totals of a rule for metrics; undefined if nobody can read them. */
export function totalsFor(
  earlier: RuleTotals | undefined,
  { aggregates, values }: RuleFormulas,
  isKeyed: boolean,
  { http, limits }: Pick<Settings, "http" | "limits">,
): RuleTotals | undefined {
  if (http === undefined) return undefined;
  const lets = values.filter(({ from }) => from === "cell").length;
  return (earlier ?? new RuleTotals(aggregates, isKeyed)).use(limits.series, lets);
}
