import type { AlertEvent } from "./alert.ts";
import { noticeEvent } from "./alert-event.ts";
import type { AlertRecord } from "./alert-record.ts";
import { type AlertPolicy, stepAlert } from "./alert-state.ts";
import { warmUpReason } from "../formula/history.ts";
import { judge } from "./judge.ts";
import { NOTICE_LEVELS, type RuleState } from "../rule-state.ts";
import type { Tick } from "../tick.ts";

/** The alerts that a rule raises about itself. */
export const NOTICE_NAMES = { degraded: "BpfwardenRuleDegraded", noData: "BpfwardenNoData" } as const;

/** Steps the notices of one rule; they are alerts as any other, with the rule's name as a label. */
export function stepNotices(state: RuleState, tick: Tick): readonly AlertEvent[] {
  return [...stepDegraded(state, tick), ...stepNoData(state, tick)];
}

/** A notice does not flap: the rule's alerts say if one of them does. */
const NOTICE_POLICY = {
  levels: NOTICE_LEVELS,
  keepFiringMs: 0,
  noData: "keep",
  flap: { fires: Infinity, withinMs: 0 },
} as const;

/**
 * Steps the notice that a rule is degraded. It fires at once, and stays until the window holds
 * nothing that was counted while the rule was degraded.
 */
function stepDegraded(state: RuleState, tick: Tick): readonly AlertEvent[] {
  const policy: AlertPolicy = { ...NOTICE_POLICY, forMs: 0 };
  const { reported } = tick.trust;
  const isPast = tick.sample.atMs - state.reportedAtMs >= state.window.windowMs;
  return stepNotice(state, "degraded", policy, tick, reported ?? (isPast ? undefined : state.notices.degraded.reason));
}

/**
 * Steps the notice of `no_data: alert`. It fires if in a full window no key can be judged, and a
 * key that was never seen could not be judged either. Ticks at which that is unknown do not count
 * towards `for`.
 */
function stepNoData(state: RuleState, tick: Tick): readonly AlertEvent[] {
  const { policy, plan } = state;
  if (policy.noData !== "alert") return [];
  const noticePolicy: AlertPolicy = { ...NOTICE_POLICY, forMs: policy.forMs };
  const unfilled = tick.confidence.windowFilled < 1 ? "the window is not full" : undefined;
  const unknown = tick.trust.degraded ?? unfilled ?? warmUpReason(state.histories);
  if (unknown !== undefined) return stepNotice(state, "noData", noticePolicy, tick, undefined, unknown);
  const verdict = judge(plan.formulas, state.zero, undefined);
  const keys = [...state.keys.values()];
  const missing =
    verdict.kind === "no_data" && keys.every(({ scope }) => judge(plan.formulas, scope, undefined).kind === "no_data");
  return stepNotice(state, "noData", noticePolicy, tick, missing ? verdict.reason : undefined);
}

function stepNotice(
  state: RuleState,
  notice: keyof RuleState["notices"],
  policy: AlertPolicy,
  tick: Tick,
  reason: string | undefined,
  degraded?: string,
): readonly AlertEvent[] {
  const before: AlertRecord = state.notices[notice];
  const step = stepAlert(policy, before, {
    verdict: { kind: "judged", highest: reason === undefined ? -1 : 0, open: -1, clear: true },
    atMs: tick.sample.atMs,
    unixMs: tick.unixMs,
    intervalMs: tick.sample.intervalMs,
    unseenMs: tick.trust.unseenMs,
    tickMs: state.tickMs,
    ...(degraded !== undefined && { degraded }),
    explain: () => reason ?? "",
    explainEnd: () => (notice === "degraded" ? "the window can be trusted again" : "there is data again"),
  });
  state.notices[notice] = step.record;
  return noticeEvent(state.plan, NOTICE_NAMES[notice], before, step, tick);
}
