import { durationText } from "../../text/duration-text.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertEvent, AlertValues, Confidence } from "./alert.ts";
import type { AlertRecord, Step, Transition } from "./alert-record.ts";
import type { NamedValue, RuleFormulas } from "../formula/check-formulas.ts";
import { labelsText } from "../../text/labels-text.ts";
import { distributionValue, shownDistribution } from "./distribution-value.ts";
import type { Scope } from "../formula/formula.ts";
import type { KeyState, RulePlan } from "../rule-state.ts";
import type { AlertSurroundings } from "./surroundings.ts";
import type { ShownUnit } from "../formula/shown-unit.ts";

/** The values that users see, by name: aggregates, then lets. Durations are nanoseconds. */
export function namedValues({ values }: RuleFormulas, scope: Scope): AlertValues {
  const named: Record<string, AlertValues[string]> = {};
  for (const { name, from, index } of values) named[name] = VALUES[from](scope, index);
  return named;
}

const VALUES: Readonly<Record<NamedValue["from"], (scope: Scope, index: number) => AlertValues[string]>> = {
  aggregate: ({ aggregates }, index) => aggregates[index],
  cell: ({ cells }, index) => cells[index],
  distribution: ({ distributions }, index) => distributions[index] && distributionValue(distributions[index]),
};

/**
 * The units of the values that are not plain numbers, by name: what a threshold compares is shown
 * as the threshold says.
 */
export function namedUnits(formulas: RuleFormulas): Readonly<Record<string, ShownUnit>> {
  return UNITS.getOrInsertComputed(formulas, unitsOf);
}

/** The units of each rule, since all of its alerts have the same. */
const UNITS = new WeakMap<RuleFormulas, Readonly<Record<string, ShownUnit>>>();

function unitsOf({ values, judged }: RuleFormulas): Readonly<Record<string, ShownUnit>> {
  const units = values.map(({ name, unit }): readonly [string, ShownUnit] => {
    if (unit === "duration") return [name, "nanoseconds"];
    return [name, judged.find(({ text }) => text === name)?.unit ?? "number"];
  });
  return Object.fromEntries(units.filter(([, unit]) => unit !== "number"));
}

/** The parts of an event that do not come from its alert. */
export interface EventMoment {
  readonly unixMs: number;
  /** the time of the tick; absent between two ticks */
  readonly atMs?: number;
  readonly confidence: Confidence;
}

/**
 * Returns the event of a key's alert that went from `before` to the step's record; no event if the
 * step is not a transition.
 */
export function alertEvent(
  plan: RulePlan,
  key: KeyState,
  before: AlertRecord,
  step: Step,
  moment: EventMoment,
  surroundings: AlertSurroundings = {},
): AlertEvent[] {
  const { transition } = step;
  if (transition === undefined) return [];
  const { rule, formulas } = plan;
  const values = namedValues(formulas, key.scope);
  const labels = { ...rule.labels, ...key.labels };
  return [
    {
      rule: rule.name.text,
      labels,
      ...course(before, step, transition, moment),
      ...(rule.forMs > 0 && pendingSince(step, moment)),
      values,
      units: namedUnits(formulas),
      key: key.labels,
      summary: summaryOf(plan, key, labels, transition),
      windowMs: rule.windowMs,
      ...(rule.description !== undefined && { description: rule.description }),
      ...(rule.runbook !== undefined && { runbook: rule.runbook }),
      ...surroundings,
    },
  ];
}

/**
 * Returns an event of a key's alert that still fires, with the values, the reason and the summary
 * of now, and the worst value since it fires.
 */
export function currentEvent(plan: RulePlan, key: KeyState, event: AlertEvent, now: CurrentValues): AlertEvent {
  const { confidence, surroundings } = now;
  const { level, labels } = event;
  const { reason } = key.alert;
  const summary = summaryOf(plan, key, labels, { kind: "fired", level, reason });
  return { ...event, reason, summary, confidence, values: namedValues(plan.formulas, key.scope), ...surroundings };
}

/** The state of a key and its rule now. */
export interface CurrentValues {
  readonly confidence: Confidence;
  readonly surroundings: AlertSurroundings;
}

/** The event of a notice about the rule itself, such as `BpfwardenNoData`. */
export function noticeEvent(
  { rule }: RulePlan,
  name: string,
  before: AlertRecord,
  step: Step,
  moment: EventMoment,
): AlertEvent[] {
  const { transition } = step;
  if (transition === undefined) return [];
  return [
    {
      rule: name,
      labels: { ...rule.labels, rule: rule.name.text },
      ...course(before, step, transition, moment),
      values: {},
      summary: `${rule.name.text}: ${transition.reason}`,
      windowMs: rule.windowMs,
    },
  ];
}

type Course = Pick<AlertEvent, "status" | "level" | "reason" | "startsAtUnixMs" | "endsAtUnixMs" | "confidence">;

function course(
  before: AlertRecord,
  { record }: Step,
  { kind, level, reason }: Transition,
  moment: EventMoment,
): Course {
  const { unixMs, confidence } = moment;
  const startsAtUnixMs = (record.firing ?? before.firing)?.startsAtUnixMs ?? unixMs;
  if (kind !== "resolved") return { status: "firing", level, reason, startsAtUnixMs, confidence };
  return { status: "resolved", level, reason, startsAtUnixMs, endsAtUnixMs: unixMs, confidence };
}

/** Returns since when the threshold of an alert that fires has held, if it did not fire at once. */
function pendingSince(
  { record, transition }: Step,
  { unixMs, atMs }: EventMoment,
): Pick<AlertEvent, "pendingSinceUnixMs"> {
  const heldSinceMs = record.firing && record.heldSinceMs[record.firing.level];
  if (transition?.kind !== "fired" || heldSinceMs === undefined || atMs === undefined) return {};
  return { pendingSinceUnixMs: unixMs - Math.max(0, atMs - heldSinceMs) };
}

/**
 * Returns the summary by the rule's template. Without a template it is the rule's name, the reason
 * and the key: `slow: p99 260ms > 20ms {comm="dd"}`.
 */
function summaryOf(
  plan: RulePlan,
  key: KeyState,
  labels: AlertEvent["labels"],
  { level, reason, kind }: Transition,
): string {
  const { rule } = plan;
  if (rule.summary === undefined)
    return `${rule.name.text}: ${kind === "resolved" ? "resolved: " : ""}${reason}${labelsSuffix(key.labels)}`;
  return plan.render(rule.summary.text, summaryContext(plan, key, labels, level));
}

function labelsSuffix(labels: AlertEvent["labels"]): string {
  const text = labelsText(labels);
  return text === "" ? "" : ` ${text}`;
}

/**
 * Returns the names that a summary can use. `labels`, `window` and the like hide a value of the
 * same name. Durations are texts, such as `12.5ms`.
 */
function summaryContext(
  { rule, formulas }: RulePlan,
  key: KeyState,
  labels: AlertEvent["labels"],
  level: Level,
): Readonly<Record<string, unknown>> {
  const numbers = namedValues(formulas, key.scope);
  const shown = formulas.values.map(({ name, unit }): readonly [string, unknown] => {
    const value = numbers[name];
    if (typeof value === "object") return [name, shownDistribution(value, unit)];
    return [name, unit === "duration" && value !== undefined ? durationText(value) : value];
  });
  const window = durationText(rule.windowMs * 1e6);
  const values: Readonly<Record<string, unknown>> = Object.fromEntries(shown);
  return { ...values, labels, window, rule: rule.name.text, level, severity: level };
}
