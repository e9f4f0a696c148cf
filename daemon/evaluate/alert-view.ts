import { isDeepStrictEqual as isEqual } from "node:util";
import type { Level } from "../rules/rule-syntax.ts";
import type { AlertEvent, AlertState, AlertValues, Confidence } from "./alert.ts";
import { alertEvent, currentEvent, namedValues, noticeEvent } from "./alert-event.ts";
import type { AlertRecord, Step } from "./alert-record.ts";
import { currentConfidence } from "./evaluate-rule.ts";
import { FLAP_NOTICE, flapEvent } from "./flapping.ts";
import { NOTICE_NAMES } from "./notices.ts";
import { keyNamed, NOTICE_LEVELS, type RuleState } from "./rule-state.ts";

/** One key of a rule as it stands, for status output. */
export interface AlertView {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  /** while firing */
  readonly level?: Level;
  readonly startsAtUnixMs?: number;
  readonly reason: string;
  readonly values: AlertValues;
  readonly confidence: Confidence;
}

/** All keys of a rule as the last tick left them; of a rule without a threshold its values, always `ok` unless degraded. */
export function alertViews(state: RuleState): readonly AlertView[] {
  const { rule, formulas } = state.plan;
  const confidence = currentConfidence(state);
  const { firing: degraded, reason: whyDegraded } = state.notices.degraded;
  const unjudged = state.policy.levels.length === 0 && degraded !== undefined;
  return [...state.keys.values()].map(({ labels, alert, scope }) => {
    const firing = alert.firing;
    const level = firing && state.policy.levels[firing.level];
    return {
      rule: rule.name.text,
      labels: { ...rule.labels, ...labels },
      state: unjudged ? "degraded" : alert.state,
      ...(level && { level }),
      ...(firing && { startsAtUnixMs: firing.startsAtUnixMs }),
      reason: unjudged ? whyDegraded : alert.reason,
      values: namedValues(formulas, scope),
      confidence,
    };
  });
}

/** Whether the alert of an event, which may be a notice, fires. */
export function fires(state: RuleState, event: AlertEvent): boolean {
  if (event.rule === NOTICE_NAMES.degraded) return state.notices.degraded.firing !== undefined;
  if (event.rule === NOTICE_NAMES.noData) return state.notices.noData.firing !== undefined;
  const key = keyNamed(state, event.labels);
  if (event.rule === FLAP_NOTICE) return key?.alert.firing?.flaps === true;
  return key?.alert.firing !== undefined && isEqual({ ...state.plan.rule.labels, ...key.labels }, event.labels);
}

/** An event of an alert of the rule as it would be told now; as it was, where the alert does not fire any more. */
export function refreshEvent(state: RuleState, event: AlertEvent): AlertEvent {
  const key = event.rule === state.plan.rule.name.text ? keyNamed(state, event.labels) : undefined;
  if (key?.alert.firing === undefined) return event;
  return currentEvent(state.plan, key, event, currentConfidence(state));
}

/** Resolves all that fires, because the rule goes away: `reason` says so. The state must not be used after that. */
export function closeRule(state: RuleState, unixMs: number, reason: string): readonly AlertEvent[] {
  const moment = { unixMs, confidence: currentConfidence(state) };
  const keys = [...state.keys.values()].flatMap((key) => {
    const ended = alertEvent(state.plan, key, key.alert, ending(key.alert, state.policy.levels, reason), moment);
    return key.alert.firing?.flaps ? [...ended, flapEvent(state, key, "resolved", reason, moment)] : ended;
  });
  const notices = (["degraded", "noData"] as const).flatMap((notice) => {
    const record = state.notices[notice];
    return noticeEvent(state.plan, NOTICE_NAMES[notice], record, ending(record, NOTICE_LEVELS, reason), moment);
  });
  return [...keys, ...notices];
}

/** Ends what fires under the labels that the rule had, and has it fire under those that it has now. */
export function relabel(before: RuleState, now: RuleState, unixMs: number): readonly AlertEvent[] {
  const ended = closeRule(before, unixMs, "the rule's labels were changed");
  return [...ended, ...firingEvents(now)];
}

/** An event for each alert of a rule that fires, notices among them. */
export function firingEvents(state: RuleState): readonly AlertEvent[] {
  const confidence = currentConfidence(state);
  const step = (record: AlertRecord, levels: readonly Level[]): Step => {
    const level = record.firing && levels[record.firing.level];
    return level === undefined ? { record } : { record, transition: { kind: "fired", level, reason: record.reason } };
  };
  const moment = { unixMs: 0, confidence };
  const keys = [...state.keys.values()].flatMap((key) => {
    const fired = alertEvent(state.plan, key, key.alert, step(key.alert, state.policy.levels), moment);
    return key.alert.firing?.flaps ? [...fired, flapEvent(state, key, "firing", key.alert.reason, moment)] : fired;
  });
  const notices = (["degraded", "noData"] as const).flatMap((notice) => {
    const record = state.notices[notice];
    return noticeEvent(state.plan, NOTICE_NAMES[notice], record, step(record, NOTICE_LEVELS), moment);
  });
  return [...keys, ...notices];
}

function ending(record: AlertRecord, levels: readonly Level[], reason: string): Step {
  const ended: AlertRecord = { state: "ok", heldSinceMs: [], reason };
  const level = record.firing && levels[record.firing.level];
  return level === undefined ? { record: ended } : { record: ended, transition: { kind: "resolved", level, reason } };
}
