import { aggregateRecord } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate, CheckedProgram } from "../../../bpf/check/checked-program.ts";
import { valueOfRank } from "../../../bpf/compile/rank.ts";
import { NO_RANK } from "../../../bpf/compile/wake-layout.ts";
import type { RuleSyntax } from "../../rules/rule-syntax.ts";
import { judge, type Verdict } from "../alerts/judge.ts";
import type { RuleFormulas } from "../formula/check-formulas.ts";
import { evaluateCells, zeroScope } from "../formula/scope.ts";

/** When a rule is judged: at ticks only, with the reason, or also ahead of them. */
export type AheadPlan =
  | { readonly kind: "at the tick"; readonly why: string }
  | {
      readonly kind: "at once";
      /**
       * by index of `RuleFormulas.levels`: the least total or rank for which the level holds,
       * whatever comes before the tick; undefined if there is none
       */
      readonly limits: readonly (bigint | undefined)[];
    };

/** The words of a verdict that nobody reads: the tick is what is not over. */
const UNSEEN = "the tick is not over";

/** The greatest total that is searched for a limit. */
const GREATEST_TOTAL = (1n << 63n) - 1n;

/**
 * Decides whether a rule can be judged ahead of its ticks. It can if a level of its threshold
 * depends on one number that only goes one way, so that no further event can make it false again.
 * Returns undefined for a rule without a threshold.
 *
 * @param declared the rule's aggregates as programs keep them
 */
export function planAhead(
  rule: RuleSyntax,
  formulas: RuleFormulas,
  declared: readonly Aggregate[],
): AheadPlan | undefined {
  if (formulas.levels.length === 0) return undefined;
  const why = REASONS.find(({ holds }) => holds(rule, formulas))?.why;
  const [aggregate] = declared;
  if (why !== undefined || aggregate === undefined) return { kind: "at the tick", why: why ?? "it counts nothing" };
  const limits = formulas.levels.map((_, level) => limitOf(formulas, aggregate, level));
  if (limits.some((limit) => limit !== undefined)) return { kind: "at once", limits };
  return { kind: "at the tick", why: "more events before the tick can make the threshold false again" };
}

/** Returns the program that wakes the daemon, if its rule is judged ahead of ticks. */
export const wakingProgram = (program: CheckedProgram, plan: AheadPlan | undefined): CheckedProgram =>
  plan?.kind === "at once" ? { ...program, wakes: true } : program;

/** The reasons for which a rule is judged at ticks only. */
const REASONS: readonly {
  readonly why: string;
  readonly holds: (rule: RuleSyntax, formulas: RuleFormulas) => boolean;
}[] = [
  { why: '"for" counts whole ticks', holds: ({ forMs }) => forMs > 0 },
  { why: "it compares several values", holds: (_, { aggregates }) => aggregates.length > 1 },
  { why: "it looks back on earlier windows", holds: (_, { histories }) => histories.length > 0 },
  {
    why: "it looks at all keys, or at how much of the window was seen",
    holds: (_, { looksBeyondKey }) => looksBeyondKey,
  },
  {
    why: "more events before the tick can take back what the value says",
    holds: (_, { aggregates }) => aggregates.some((each) => !goesOneWay(each)),
  },
];

function goesOneWay({ function: name, signed }: Aggregate): boolean {
  const { wakesBy, addsValues } = aggregateRecord(name);
  return wakesBy !== undefined && !(addsValues && signed);
}

/** Returns the least total or rank for which a level holds for sure. */
function limitOf(formulas: RuleFormulas, aggregate: Aggregate, level: number): bigint | undefined {
  const isRank = aggregateRecord(aggregate.function).wakesBy === "rank";
  const holds = (limit: bigint): boolean => {
    const value = Number(isRank ? valueOfRank(aggregate, limit) : limit);
    const verdict = verdictAhead(formulas, value);
    return verdict.kind === "judged" && verdict.highest >= level;
  };
  let [low, high] = [0n, isRank ? NO_RANK - 1n : GREATEST_TOTAL];
  if (!holds(high)) return undefined;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (holds(middle)) high = middle;
    else low = middle + 1n;
  }
  return high;
}

/** Returns the verdict on a value that no further event before the tick can make false. */
export function verdictAhead(formulas: RuleFormulas, value: number | undefined): Verdict {
  const scope = { ...zeroScope(formulas), aggregates: [value], isAhead: true };
  return judge(formulas, evaluateCells(formulas, scope), UNSEEN);
}
