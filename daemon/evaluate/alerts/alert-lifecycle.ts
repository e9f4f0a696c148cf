import { isDeepStrictEqual as isEqual } from "node:util";
import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertEvent, AlertState, AlertValues, Confidence, JudgedValue } from "./alert.ts";
import { alertEvent, currentEvent, namedValues, noticeEvent } from "./alert-event.ts";
import type { AlertRecord, Step } from "./alert-record.ts";
import { currentConfidence } from "../evaluate-rule.ts";
import type { Scope } from "../formula/formula.ts";
import { FLAP_NOTICE, flapEvent } from "./flapping.ts";
import { NOTICE_NAMES } from "./notices.ts";
import { keyNamed, type KeyState, NOTICE_LEVELS, type RuleState } from "../rule-state.ts";
import { type AlertSurroundings, judgedOf, surroundingsOf } from "./surroundings.ts";
import { unseenOf } from "../window/window.ts";

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
  /** what the threshold compares; absent without one */
  readonly judged?: JudgedValue;
  readonly confidence: Confidence;
}

/**
 * Returns all keys of a rule as the last tick left them. A rule without a threshold gives its
 * values; its keys are `ok` unless the rule is degraded.
 */
export function alertViews(state: RuleState): readonly AlertView[] {
  return viewsOf(state, state.keys.values());
}

/** Does the same for some of its keys. */
export function viewsOf(state: RuleState, keys: Iterable<KeyState>): readonly AlertView[] {
  const { rule, formulas } = state.plan;
  const confidence = currentConfidence(state);
  const { firing: degraded, reason: whyDegraded } = state.notices.degraded;
  const unjudged = state.policy.levels.length === 0 && degraded !== undefined;
  return [...keys].map((key) => {
    const { labels, alert, scope } = key;
    const judged = judgedOf(state, key, alert.firing?.level ?? 0);
    const firing = alert.firing;
    const level = firing && state.policy.levels[firing.level];
    return {
      rule: rule.name.text,
      labels: { ...rule.labels, ...labels },
      state: unjudged ? "degraded" : alert.state,
      ...(level && { level }),
      ...(firing && { startsAtUnixMs: firing.startsAtUnixMs }),
      reason: unjudged ? whyDegraded : alert.reason || whyOk(state, scope),
      values: namedValues(formulas, scope),
      ...(judged && { judged }),
      confidence,
    };
  });
}

/** Says that the lowest level does not hold, with the values that it compares. */
function whyOk({ plan: { formulas }, window, tickMs }: RuleState, scope: Scope): string {
  const [lowest] = formulas.levels;
  if (lowest === undefined) return "";
  const unseen = unseenOf(window, tickMs);
  return `${lowest.words.explain(scope)} does not hold${unseen === undefined ? "" : ` so far: ${unseen}`}`;
}

/** True if the alert of an event, which may be a notice, fires. */
export function fires(state: RuleState, event: AlertEvent): boolean {
  if (event.rule === NOTICE_NAMES.degraded) return state.notices.degraded.firing !== undefined;
  if (event.rule === NOTICE_NAMES.noData) return state.notices.noData.firing !== undefined;
  const key = keyNamed(state, event.labels);
  if (event.rule === FLAP_NOTICE) return key?.alert.firing?.flaps === true;
  return key?.alert.firing !== undefined && isEqual({ ...state.plan.rule.labels, ...key.labels }, event.labels);
}

/**
 * Returns the event of an alert with the values that the alert has now. An alert that no longer
 * fires keeps its event as it was.
 */
export function refreshEvent(state: RuleState, event: AlertEvent): AlertEvent {
  const key = event.rule === state.plan.rule.name.text ? keyNamed(state, event.labels) : undefined;
  if (key?.alert.firing === undefined) return event;
  // It came in this tick: it has the values of now.
  if (event.judged?.atUnixMs === state.unixMs) return event;
  const surroundings = withEarlierPeak(surroundingsOf(state, key, key.alert.firing.level), event.judged);
  return currentEvent(state.plan, key, event, { confidence: currentConfidence(state), surroundings });
}

/** Keeps the peak of the event, if the rule's state began anew since and has no worse one. */
function withEarlierPeak(now: AlertSurroundings, before: JudgedValue | undefined): AlertSurroundings {
  const [earlier, later] = [before?.peak, now.judged?.peak];
  if (now.judged === undefined || earlier === undefined || before?.name !== now.judged.name) return now;
  const isWorse =
    later === undefined || (now.judged.worst === "highest" ? earlier.value > later.value : earlier.value < later.value);
  return isWorse ? { ...now, judged: { ...now.judged, peak: earlier } } : now;
}

/**
 * Resolves all alerts that fire, because the rule goes away: `reason` says so. The state must not
 * be used after that.
 */
export function closeRule(state: RuleState, unixMs: number, reason: string): readonly AlertEvent[] {
  const moment = { unixMs, confidence: currentConfidence(state) };
  const keys = [...state.keys.values()].flatMap((key) => {
    const { alert } = key;
    if (alert.firing === undefined) return [];
    const surroundings = surroundingsOf(state, key, alert.firing.level);
    const events = alertEvent(state.plan, key, alert, ending(alert, state.policy.levels, reason), moment, surroundings);
    return alert.firing.flaps ? [...events, flapEvent(state, key, "resolved", reason, moment)] : events;
  });
  const notices = (["degraded", "noData"] as const).flatMap((notice) => {
    const record = state.notices[notice];
    return noticeEvent(state.plan, NOTICE_NAMES[notice], record, ending(record, NOTICE_LEVELS, reason), moment);
  });
  return [...keys, ...notices];
}

/**
 * Ends the alerts that fire under the rule's former labels, and lets them fire under the new ones.
 */
export function relabel(before: RuleState, now: RuleState, unixMs: number): readonly AlertEvent[] {
  const ended = closeRule(before, unixMs, "the rule's labels were changed");
  return [...ended, ...firingEvents(now)];
}

/** Returns an event for each alert of a rule that fires, notices included. */
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
