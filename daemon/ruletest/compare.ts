import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import { NOTICE_NAMES } from "../evaluate/alerts/notices.ts";
import { alignLists } from "./align.ts";
import { textOf } from "../../bpf/interpret/value.ts";
import type { ExpectedAlert, ExpectedRecord, ExpectedState, RuleTest, TestLabel } from "./rule-test.ts";
import type { RuleTestRun, SentAlert, SentRecord } from "./run-rule-test.ts";
import { timeText } from "./ticks.ts";

/**
 * One line of the expected side beside one of the actual side. A side without a counterpart is
 * absent.
 */
export interface ComparedLine {
  readonly same: boolean;
  readonly expected?: readonly string[];
  readonly actual?: readonly string[];
}

/** The comparison of one list of a test, such as the sent alerts. */
export interface Comparison {
  readonly what: "alerts" | "states" | "records";
  readonly passed: boolean;
  readonly lines: readonly ComparedLine[];
}

/** Compares the expectations of a test with the results of its rule. */
export function compareRun(test: RuleTest, run: RuleTestRun): readonly Comparison[] {
  return [
    ...(test.expect === undefined ? [] : [compareAlerts(test.expect, run.sent)]),
    ...(test.states.length === 0 ? [] : [compareStates(test.states, run)]),
    ...(test.records === undefined ? [] : [compareRecords(test.records, run.records)]),
  ];
}

function compareAlerts(expected: readonly ExpectedAlert[], sent: readonly SentAlert[]): Comparison {
  const aligned = alignLists(expected, sent, isSent);
  return comparison(
    "alerts",
    aligned.map(({ left, right, same }) => ({
      same,
      ...(left && { expected: expectedAlertText(left) }),
      ...(right && { actual: sentAlertText(right, left) }),
    })),
  );
}

function compareRecords(expected: readonly ExpectedRecord[], sent: readonly SentRecord[]): Comparison {
  const isSame = ({ at, fields }: ExpectedRecord, record: SentRecord): boolean =>
    at.ms === record.atMs && fields.every(({ name, value }) => shownField(record, name.text) === value);
  return comparison(
    "records",
    alignLists(expected, sent, isSame).map(({ left, right, same }) => ({
      same,
      ...(left && {
        expected: [timeText(left.at.ms), ...left.fields.map(({ name, value }) => `${name.text}: ${value}`)],
      }),
      ...(right && { actual: [timeText(right.atMs), ...recordText(right, left)] }),
    })),
  );
}

/** Formats the expected fields of a record, or all fields of an unexpected record. */
function recordText(record: SentRecord, beside: ExpectedRecord | undefined): readonly string[] {
  const names = beside?.fields.map(({ name }) => name.text) ?? Object.keys(record.fields);
  return names.map((name) => `${name}: ${shownField(record, name) ?? "missing"}`);
}

function shownField({ fields }: SentRecord, name: string): string | undefined {
  const value = fields[name];
  return value === undefined ? undefined : textOf(value);
}

function comparison(what: Comparison["what"], lines: readonly ComparedLine[]): Comparison {
  return { what, passed: lines.every(({ same }) => same), lines };
}

function isSent(expected: ExpectedAlert, { atMs, event }: SentAlert): boolean {
  const { at, status, alert, labels, severity, summary, reason } = expected;
  return (
    at.ms === atMs &&
    status === event.status &&
    (alert === undefined ? !isNotice(event.rule) : alert === event.rule) &&
    hasLabels(event.labels, labels) &&
    (severity === undefined || severity === event.level) &&
    (summary === undefined || summary === event.summary) &&
    (reason === undefined || reason === event.reason)
  );
}

const NOTICES: readonly string[] = Object.values(NOTICE_NAMES);

/** Returns true for an alert that a rule raises about itself. */
const isNotice = (name: string): boolean => NOTICES.includes(name);

function hasLabels(labels: Readonly<Record<string, string>>, wanted: readonly TestLabel[]): boolean {
  return wanted.every(({ name, value }) => labels[name.text] === value);
}

function expectedAlertText({ at, status, alert, labels, severity, summary, reason }: ExpectedAlert): readonly string[] {
  const named = Object.fromEntries(labels.map(({ name, value }) => [name.text, value]));
  return [
    head(at.ms, status, alert, severity, named),
    ...(summary === undefined ? [] : [`summary: ${summary}`]),
    ...(reason === undefined ? [] : [`reason: ${reason}`]),
  ];
}

/**
 * Formats the parts of an alert that are expected, so that the sides can be compared, or all parts
 * of an unexpected alert.
 */
function sentAlertText({ atMs, event }: SentAlert, beside: ExpectedAlert | undefined): readonly string[] {
  const { rule, status, level, summary, reason } = event;
  const names = beside?.labels.map(({ name }) => name.text);
  const labels = Object.entries(event.labels).filter(([name]) => names === undefined || names.includes(name));
  const alert = isNotice(rule) || beside?.alert !== undefined ? rule : undefined;
  const severity = beside === undefined || beside.severity !== undefined ? level : undefined;
  return [
    head(atMs, status, alert, severity, Object.fromEntries(labels)),
    ...(beside === undefined || beside.summary !== undefined ? [`summary: ${summary}`] : []),
    ...(beside?.reason === undefined ? [] : [`reason: ${reason}`]),
  ];
}

function head(
  atMs: number,
  status: string,
  alert: string | undefined,
  severity: string | undefined,
  labels: Readonly<Record<string, string>>,
): string {
  const parts = [timeText(atMs), status, ...(severity === undefined ? [] : [severity])];
  return [...parts, ...(alert === undefined ? [] : [alert]), ...labelText(labels)].join(" ");
}

function labelText(labels: Readonly<Record<string, string>>): readonly string[] {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? [] : [`{${pairs.join(", ")}}`];
}

function compareStates(expected: readonly ExpectedState[], { views }: RuleTestRun): Comparison {
  const lines = expected.map((wanted): ComparedLine => {
    const found = (views.get(wanted.at.ms) ?? []).filter(({ labels }) => hasLabels(labels, wanted.labels));
    const actual = found.length === 0 ? [stateHead(wanted, "absent")] : found.flatMap((view) => viewText(wanted, view));
    const same = found.length === 0 ? wanted.state === "absent" : found.every((view) => isInState(wanted, view));
    return { same, expected: expectedStateText(wanted), actual };
  });
  return comparison("states", lines);
}

function isInState({ state, severity, reason }: ExpectedState, view: AlertView): boolean {
  return (
    state === view.state &&
    (severity === undefined || severity === view.level) &&
    (reason === undefined || reason === view.reason)
  );
}

function stateHead(wanted: ExpectedState, state: string, severity?: string): string {
  const labels = Object.fromEntries(wanted.labels.map(({ name, value }) => [name.text, value]));
  return head(wanted.at.ms, state, undefined, severity, labels);
}

function expectedStateText(wanted: ExpectedState): readonly string[] {
  const { state, severity, reason } = wanted;
  return [stateHead(wanted, state, severity), ...(reason === undefined ? [] : [`reason: ${reason}`])];
}

function viewText(wanted: ExpectedState, { state, level, reason, labels }: AlertView): readonly string[] {
  const names = wanted.labels.map(({ name }) => name.text);
  const shown = Object.entries(labels).filter(([name]) => names.includes(name));
  const severity = wanted.severity === undefined ? undefined : level;
  return [
    head(wanted.at.ms, state, undefined, severity, Object.fromEntries(shown)),
    ...(wanted.reason === undefined ? [] : [`reason: ${reason}`]),
  ];
}
