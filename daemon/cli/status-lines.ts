import { visible } from "../../bpf/source/visible.ts";
import type { ReceiverReport, RuleSummary, StatusReport } from "../api/status-report.ts";
import type { AlertValues, Confidence } from "../evaluate/alert.ts";
import { bytesText, numberText } from "../notify/number-text.ts";
import { durationText } from "../sample/duration-text.ts";
import { STATE_COLORS } from "../try/color.ts";
import { tableLines, type TableColumn } from "../try/table.ts";
import { counted } from "../try/terminal-text.ts";
import { silenceLines } from "./silence-lines.ts";

/** What `bpfwarden status` shows, in lines of at most `columns` columns. */
export function statusLines(report: StatusReport, columns: number): readonly string[] {
  const { version, pid, startedAt, folder, rules, problems, receivers, silences, stateTrouble } = report;
  const wrong = problems.map(({ path, line, column, message, code }) =>
    visible(`${path}:${line}:${column}: ${message} [${code}]`),
  );
  return [
    `bpfwarden ${version}, process ${pid}, since ${startedAt}, ${visible(folder)}: ${counted(rules.length, "rule")}`,
    ...(rules.length === 0 ? [] : ["", ...tableLines(ruleTable(rules), columns)]),
    "",
    ...tableLines(receiverTable(receivers), columns),
    ...(silences.length === 0 ? [] : ["", ...silenceLines(silences, columns)]),
    ...(stateTrouble === undefined ? [] : ["", `state is not kept: ${visible(stateTrouble)}`]),
    ...(wrong.length === 0 ? [] : ["", ...wrong]),
  ];
}

function ruleTable(rules: readonly RuleSummary[]): readonly TableColumn[] {
  const column = (title: string, cellOf: (rule: RuleSummary) => string, least?: number): TableColumn => {
    return { title, align: "left", cells: rules.map(cellOf), ...(least !== undefined && { least }) };
  };
  return [
    column("RULE", ({ rule }) => rule, 12),
    {
      ...column("STATE", ({ state, level }) => `${state}${level === undefined ? "" : ` ${level}`}`),
      colors: rules.map(({ state }) => STATE_COLORS[state]),
    },
    column("KEYS", keysText),
    column(
      "VALUES",
      ({ values, labels, durations }) =>
        `${valuesText(values, durations)}${labels === undefined ? "" : ` ${labelsText(labels)}`}`,
      20,
    ),
    column("PROBES", ({ probes }) => String(probes.length)),
    column("KERNEL", ({ cost }) => bytesText(cost.kernelBytes)),
    column("A RUN", ({ cost: { runs = 0, runTimeNs = 0 } }) => (runs === 0 ? "" : durationText(runTimeNs / runs))),
    column("LOST", ({ degraded, confidence }) => visible(degraded ?? lostText(confidence)), 10),
  ];
}

function keysText({ keys: { all, firing, pending } }: RuleSummary): string {
  const parts = [firing > 0 ? `${firing} firing` : "", pending > 0 ? `${pending} pending` : ""].filter(Boolean);
  return parts.length === 0 || all <= 1 ? String(all) : `${all}, ${parts.join(", ")}`;
}

/** `value 12, ratio no data`; the values of `durations` are nanoseconds. */
export function valuesText(values: AlertValues, durations: readonly string[]): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${valueText(value, durations.includes(name) ? durationText : numberText)}`)
    .join(", ");
}

function valueText(value: AlertValues[string] | null, numberOf: (value: number) => string): string {
  if (value === undefined || value === null) return "no data";
  if (typeof value === "number") return numberOf(value);
  return `count ${value.count}${value.p99 === null ? "" : `, p99 ${numberOf(value.p99)}`}`;
}

export function labelsText(labels: Readonly<Record<string, string>>): string {
  const shown = Object.entries(labels).map(([name, value]) => `${name}="${visible(value)}"`);
  return shown.length === 0 ? "" : `{${shown.join(", ")}}`;
}

/** What of the counts cannot be trusted. */
export function lostText({
  lostEvents,
  keysOverLimit,
  faultedReads,
  orphanedSpans,
  skippedRuns,
  lateTicks,
}: Confidence): string {
  const parts: readonly (readonly [number, string])[] = [
    [lostEvents, "events"],
    [keysOverLimit, "over the key limit"],
    [faultedReads, "faulted reads"],
    [orphanedSpans, "spans without an end"],
    [skippedRuns ?? 0, "skipped runs"],
    [lateTicks, "late ticks"],
  ];
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ") || "nothing";
}

function receiverTable(receivers: readonly ReceiverReport[]): readonly TableColumn[] {
  const number = (title: string, of: (receiver: ReceiverReport) => number): TableColumn => {
    return { title, align: "right", cells: receivers.map((receiver) => String(of(receiver))) };
  };
  return [
    { title: "ACTION", align: "left", cells: receivers.map(({ name }) => name) },
    { title: "KIND", align: "left", cells: receivers.map(({ kind }) => kind) },
    number("DELIVERED", ({ delivered }) => delivered),
    number("WAITING", ({ waiting }) => waiting),
    number("RETRIED", ({ retried }) => retried),
    number("FAILED", ({ failed }) => failed),
    number("DROPPED", ({ dropped }) => dropped),
  ];
}
