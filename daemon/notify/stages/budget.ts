import type { BudgetSettings } from "../../settings/notify-settings.ts";
import { held, passed, type Verdict } from "./decision.ts";

/** How much was sent lately, by rule, and by action and rule. */
export interface BudgetState {
  readonly rules: Map<string, Bucket>;
  readonly actions: Map<string, Map<string, Bucket>>;
  /** changes of alerts that were held back and not sent since, by action and rule */
  readonly suppressed: Map<string, Map<string, number>>;
}

/**
 * A token bucket by what is missing from it: it holds an hour's messages, and fills again within an
 * hour.
 */
export interface Bucket {
  readonly used: number;
  readonly atMs: number;
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

/** Takes one message of a rule to an action off its buckets; a bucket that is empty stays so. */
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

/** True if a rule may send a message to an action, which it then has paid for. */
export function takeBudget(
  ...args: readonly [state: BudgetState, limits: BudgetSettings, rule: string, action: string, nowMs: number]
): boolean {
  const isAllowed = judgeBudget(...args).outcome === "passed";
  if (isAllowed) payBudget(...args);
  return isAllowed;
}

/** One more change of a rule's alert, or one less, is held back from an action. */
export function countSuppressed(state: BudgetState, action: string, rule: string, change: 1 | -1): void {
  const byRule = state.suppressed.get(action) ?? new Map<string, number>();
  state.suppressed.set(action, byRule.set(rule, Math.max(0, (byRule.get(rule) ?? 0) + change)));
}

/**
 * How many changes of these rules were held back from an action; they are said now, and counted
 * anew from here.
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

/** The part of an action's budget that a rule has. */
function shareOf(state: BudgetState, limits: BudgetSettings, rule: string, action: string, nowMs: number): number {
  const active = new Set([rule]);
  for (const [name, { atMs }] of state.actions.get(action) ?? []) if (nowMs - atMs < HOUR_MS) active.add(name);
  return limits.action / (active.size + 1);
}

function usedNow(bucket: Bucket | undefined, anHour: number, nowMs: number): number {
  return bucket === undefined ? 0 : Math.max(0, bucket.used - (Math.max(0, nowMs - bucket.atMs) / HOUR_MS) * anHour);
}

/** Forgets those that are full again on the way. */
function fill(buckets: Map<string, Bucket>, name: string, anHour: number, nowMs: number): void {
  for (const [other, bucket] of buckets) if (nowMs - bucket.atMs >= HOUR_MS) buckets.delete(other);
  const used = usedNow(buckets.get(name), anHour, nowMs) + 1;
  buckets.set(name, { used: Math.min(used, Math.max(1, anHour)), atMs: nowMs });
}
