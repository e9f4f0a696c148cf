import type { BudgetSettings } from "../../settings/notify-settings.ts";
import { held, passed, type Stage, type Verdict } from "./stage.ts";
import type { DueMessage } from "./subjects.ts";

/** The number of recent messages, by rule, and by action and rule. */
export interface BudgetState {
  readonly rules: Map<string, Bucket>;
  readonly actions: Map<string, Map<string, Bucket>>;
  /** changes of alerts that were held back and not sent since, by action and rule */
  readonly suppressed: Map<string, Map<string, number>>;
}

/**
 * A token bucket, as the part that is used. It holds an hour's messages, and fills again within an
 * hour.
 */
export interface Bucket {
  readonly used: number;
  readonly atMs: number;
}

/** A budget as it is now, with the limits of the settings. */
export interface Budget {
  readonly state: BudgetState;
  readonly limits: () => BudgetSettings;
}

/** True if a message is taken from the budget: all but those to a log, and the rest of another. */
export const isLimited = ({ isImmediate, isRest }: Pick<DueMessage, "isImmediate" | "isRest">): boolean =>
  !isImmediate && !isRest;

/** Holds messages beyond the budget. */
export const budgetStage = ({ state, limits }: Budget): Stage<"message"> => ({
  name: "budget",
  on: "message",
  suppresses: true,
  concerns: isLimited,
  judge({ action, rules }, now) {
    let verdict = passed("it is about no rule");
    for (const rule of rules) {
      verdict = judgeBudget(state, limits(), rule, action, now.ms);
      if (verdict.outcome === "passed") break;
    }
    return verdict;
  },
});

/** Takes a message from the budget of the first of these rules that has enough. */
export function payFirst(
  state: BudgetState,
  limits: BudgetSettings,
  { action, rules }: Pick<DueMessage, "action" | "rules">,
  nowMs: number,
): void {
  const rule = rules.find((each) => judgeBudget(state, limits, each, action, nowMs).outcome === "passed");
  if (rule !== undefined) payBudget(state, limits, rule, action, nowMs);
}

const HOUR_MS = 3_600_000;

/**
 * True if a rule may send one more message to an action:
 * - a rule has its own bucket, over all actions;
 * - an action's is shared: each rule that has sent within the last hour has an equal part, and one
 *   part is kept for a rule that comes new, so that a noisy rule cannot use up what a quiet one
 *   will need.
 */
export function judgeBudget(
  state: BudgetState,
  limits: BudgetSettings,
  rule: string,
  action: string,
  nowMs: number,
): Verdict {
  if (usedNow(state.rules.get(rule), limits.rule, nowMs) + 1 > limits.rule)
    return held(`the rule has sent its ${limits.rule} messages an hour`);
  const share = shareOf(state, limits, rule, action, nowMs);
  const ofAction = state.actions.get(action);
  if (usedNow(ofAction?.get(rule), share, nowMs) + 1 > Math.max(1, share))
    return held(`the rule has sent its share of ${action}'s ${limits.action} messages an hour`);
  const total = ofAction?.values().reduce((sum, bucket) => sum + usedNow(bucket, share, nowMs), 0) ?? 0;
  if (total + 1 > limits.action)
    return held(`all rules together have sent ${action}'s ${limits.action} messages an hour`);
  return passed("within the budget");
}

/** Takes one message of a rule to an action from its buckets; an empty bucket stays empty. */
export function payBudget(
  state: BudgetState,
  limits: BudgetSettings,
  rule: string,
  action: string,
  nowMs: number,
): void {
  const share = shareOf(state, limits, rule, action, nowMs);
  fill(state.rules, rule, limits.rule, nowMs);
  const ofAction = state.actions.get(action) ?? new Map<string, Bucket>();
  state.actions.set(action, ofAction);
  fill(ofAction, rule, share, nowMs);
}

/**
 * Returns true if a rule may send a message to an action, and then takes the message from its
 * buckets.
 */
export function takeBudget(
  ...args: readonly [state: BudgetState, limits: BudgetSettings, rule: string, action: string, nowMs: number]
): boolean {
  const isAllowed = judgeBudget(...args).outcome === "passed";
  if (isAllowed) payBudget(...args);
  return isAllowed;
}

/** Counts one more change, or one less, of a rule's alert that is held back from an action. */
export function countSuppressed(state: BudgetState, action: string, rule: string, change: 1 | -1): void {
  const byRule = state.suppressed.get(action) ?? new Map<string, number>();
  state.suppressed.set(action, byRule.set(rule, Math.max(0, (byRule.get(rule) ?? 0) + change)));
}

/**
 * Returns the number of changes of these rules that were held back from an action. A message has
 * this number, and counting begins anew.
 */
export function takeSuppressed(state: BudgetState, action: string, rules: ReadonlySet<string>): number {
  const byRule = state.suppressed.get(action);
  if (byRule === undefined) return 0;
  let sum = 0;
  for (const rule of rules) {
    sum += byRule.get(rule) ?? 0;
    byRule.delete(rule);
  }
  return sum;
}

/** Returns the part of an action's budget that a rule has. */
function shareOf(state: BudgetState, limits: BudgetSettings, rule: string, action: string, nowMs: number): number {
  const active = new Set([rule]);
  for (const [name, { atMs }] of state.actions.get(action) ?? []) if (nowMs - atMs < HOUR_MS) active.add(name);
  return limits.action / (active.size + 1);
}

function usedNow(bucket: Bucket | undefined, anHour: number, nowMs: number): number {
  return bucket === undefined ? 0 : Math.max(0, bucket.used - (Math.max(0, nowMs - bucket.atMs) / HOUR_MS) * anHour);
}

/** Adds one message to a bucket. Forgets the buckets that are full again. */
function fill(buckets: Map<string, Bucket>, name: string, anHour: number, nowMs: number): void {
  for (const [other, bucket] of buckets) if (nowMs - bucket.atMs >= HOUR_MS) buckets.delete(other);
  const used = usedNow(buckets.get(name), anHour, nowMs) + 1;
  buckets.set(name, { used: Math.min(used, Math.max(1, anHour)), atMs: nowMs });
}
