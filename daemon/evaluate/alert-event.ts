import { durationText } from "../sample/duration-text.ts";
import type { Level } from "../rules/rule-syntax.ts";
import type { AlertEvent, AlertValues, Confidence } from "./alert.ts";
import type { AlertRecord, Step, Transition } from "./alert-record.ts";
import type { NamedValue, RuleFormulas } from "./check-formulas.ts";
import { distributionValue, shownDistribution } from "./distribution-value.ts";
import type { Scope } from "./formula.ts";
import type { KeyState, RulePlan } from "./rule-state.ts";

/** The values that users see, by name: aggregates, then lets. Durations are nanoseconds. */
export function namedValues({ values }: RuleFormulas, scope: Scope): AlertValues {
  return Object.fromEntries(values.map((value) => [value.name, VALUES[value.from](scope, value.index)]));
}

const VALUES: Readonly<Record<NamedValue["from"], (scope: Scope, index: number) => AlertValues[string]>> = {
  aggregate: ({ aggregates }, index) => aggregates[index],
  cell: ({ cells }, index) => cells[index],
  distribution: ({ distributions }, index) => distributions[index] && distributionValue(distributions[index]),
};

/** What an event says beyond its alert. */
export interface EventMoment {
  readonly unixMs: number;
  readonly confidence: Confidence;
}

/** The event of a key's alert that went from `before` by `transition`; `after` is its record now. */
export function alertEvent(
  plan: RulePlan,
  key: KeyState,
  before: AlertRecord,
  step: Step,
  moment: EventMoment,
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
      values,
      summary: summaryOf(plan, key, labels, transition),
      windowMs: rule.windowMs,
      ...(rule.description !== undefined && { description: rule.description }),
      ...(rule.runbook !== undefined && { runbook: rule.runbook }),
    },
  ];
}

/** An event of a key's alert that still fires, with the values, the reason and the summary of now. */
export function currentEvent(plan: RulePlan, key: KeyState, event: AlertEvent, confidence: Confidence): AlertEvent {
  const { level, labels } = event;
  const { reason } = key.alert;
  const summary = summaryOf(plan, key, labels, { kind: "fired", level, reason });
  return { ...event, reason, summary, confidence, values: namedValues(plan.formulas, key.scope) };
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

/** Without a template, the rule's name and the reason. */
function summaryOf(
  plan: RulePlan,
  key: KeyState,
  labels: AlertEvent["labels"],
  { level, reason, kind }: Transition,
): string {
  const { rule } = plan;
  if (rule.summary === undefined) return `${rule.name.text}: ${kind === "resolved" ? "resolved: " : ""}${reason}`;
  return plan.render(rule.summary.text, summaryContext(plan, key, labels, level));
}

/** Names of values stand at the top; the context's own names win over them. Durations come as text, such as `12.5ms`. */
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
