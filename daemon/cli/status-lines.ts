import { visible, visibleText } from "../../bpf/source/visible.ts";
import type {
  HeartbeatReport,
  HttpReport,
  ReceiverReport,
  RuleSummary,
  NoticeReport,
  StatusReport,
} from "../api/status-report.ts";
import { labelsText, lostText, valuesText } from "../api/values-text.ts";
import { bytesText, percentText } from "../text/number-text.ts";
import { durationText } from "../text/duration-text.ts";
import { STATE_COLORS } from "../try/color.ts";
import { hiddenTitles, tableLines, type TableColumn } from "../try/table.ts";
import { counted } from "../text/terminal-text.ts";
import { silenceLines } from "./silence-lines.ts";

/** Formats `bpfwarden status`, in lines of at most `columns` columns. */
export function statusLines(report: StatusReport, columns: number): readonly string[] {
  const {
    version,
    pid,
    startedAt,
    folder,
    rules,
    problems,
    receivers,
    silences,
    notices,
    heartbeat,
    http,
    stateTrouble,
    stateSetAside = 0,
  } = report;
  const wrong = problems.map(({ path, line, column, message, code }) =>
    visible(`${path}:${line}:${column}: ${message} [${code}]`),
  );
  return [
    `bpfwarden ${version}, process ${pid}, since ${startedAt}, ${visible(folder)}: ${counted(rules.length, "rule")}`,
    ...(rules.length === 0 ? [] : ["", ...tableLines(ruleTable(rules), columns), ...hiddenLine(rules, columns)]),
    ...rules.flatMap(leftOutLine),
    "",
    ...tableLines(receiverTable(receivers), columns),
    ...receivers.flatMap(failingLines),
    ...receivers.flatMap(deadLetterLines),
    ...(silences.length === 0 ? [] : ["", ...silenceLines(silences, columns)]),
    ...(notices.length === 0 ? [] : ["", ...notices.map(noticeLine)]),
    ...(heartbeat === undefined ? [] : ["", heartbeatLine(heartbeat)]),
    ...(http === undefined ? [] : ["", httpLine(http)]),
    ...(stateTrouble === undefined ? [] : ["", `state is not kept: ${visible(stateTrouble)}`]),
    ...(stateSetAside === 0
      ? []
      : ["", `${counted(stateSetAside, "document")} of the state could not be read: set aside`]),
    ...(wrong.length === 0 ? [] : ["", ...wrong]),
  ];
}

/** Names the columns that a narrow terminal does not show: nobody would miss them otherwise. */
function hiddenLine(rules: readonly RuleSummary[], columns: number): readonly string[] {
  const hidden = hiddenTitles(ruleTable(rules), columns);
  return hidden.length === 0 ? [] : [`too narrow for ${hidden.join(", ")}: --json has all`];
}

function heartbeatLine({ action, everyMs, sentAt, heldBack, error }: HeartbeatReport): string {
  const last = sentAt === undefined ? "none yet" : `last at ${sentAt}`;
  const why = heldBack === undefined ? error && `, failed: ${error}` : `, held back: ${heldBack}`;
  return visible(`heartbeat to ${action} every ${durationText(everyMs * 1e6)}: ${last}${why ?? ""}`);
}

function leftOutLine({ rule, seriesLeftOut }: RuleSummary): readonly string[] {
  if (seriesLeftOut === undefined) return [];
  return [visible(`${rule}: /metrics has no room for all keys: raise limits.series, or use fewer keys`)];
}

function httpLine({ listen, trouble }: HttpReport): string {
  return visible(trouble === undefined ? `http://${listen}/metrics` : `no HTTP server at ${listen}: ${trouble}`);
}

function noticeLine({ alertname, labels, reason, startsAt }: NoticeReport): string {
  return `${alertname}${labelsText(labels)} since ${startsAt}: ${visibleText(reason)}`;
}

/** Returns the columns of a table of rules. */
export function ruleTable(rules: readonly RuleSummary[]): readonly TableColumn[] {
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
      ({ values, labels, ...shown }) =>
        `${valuesText(values, shown)}${labels === undefined ? "" : ` ${labelsText(labels)}`}`,
      20,
    ),
    column("PROBES", ({ probes }) => String(probes.length)),
    column("KERNEL", ({ cost }) => bytesText(cost.kernelBytes)),
    column("CPU", ({ cost: { cpu } }) => (cpu === undefined ? "" : percentText(cpu))),
    column("A RUN", ({ cost: { runs = 0, runTimeNs = 0 } }) => (runs === 0 ? "" : durationText(runTimeNs / runs))),
    column("LOST", ({ degraded, confidence }) => visible(degraded ?? lostText(confidence)), 10),
  ];
}

function keysText({ keys: { all, firing, pending } }: RuleSummary): string {
  const parts = [firing > 0 ? `${firing} firing` : "", pending > 0 ? `${pending} pending` : ""].filter(Boolean);
  return parts.length === 0 || all <= 1 ? String(all) : `${all}, ${parts.join(", ")}`;
}

function receiverTable(receivers: readonly ReceiverReport[]): readonly TableColumn[] {
  const number = (title: string, of: (receiver: ReceiverReport) => number): TableColumn => {
    return { title, align: "right", cells: receivers.map((receiver) => String(of(receiver))) };
  };
  /** A column that is shown only if it has a value for some receiver. */
  const optional = (title: string, of: (receiver: ReceiverReport) => number | string | undefined): TableColumn[] => {
    const cells = receivers.map((receiver) => visible(String(of(receiver) ?? "")));
    return cells.every((cell) => cell === "") ? [] : [{ title, align: "left", cells }];
  };
  return [
    { title: "ACTION", align: "left", cells: receivers.map(({ name }) => name) },
    { title: "KIND", align: "left", cells: receivers.map(({ kind }) => kind) },
    number("DELIVERED", ({ delivered }) => delivered),
    number("WAITING", ({ waiting }) => waiting),
    number("RETRIED", ({ retried }) => retried),
    number("FAILED", ({ failed }) => failed),
    number("DROPPED", ({ dropped }) => dropped),
    ...optional("HELD BACK", ({ heldBack }) => heldBack),
    ...optional("LOST", ({ lost }) => lost),
    ...optional("TROUBLE", ({ trouble }) => trouble),
  ];
}

/** Lists a receiver's undelivered messages, each with its last error. */
function failingLines({ name, failing }: ReceiverReport): readonly string[] {
  return failing.map(({ rule, since, tries, error }) =>
    visible(`${name}: a message of "${rule}" has waited since ${since}, failed ${counted(tries, "time")}: ${error}`),
  );
}

function deadLetterLines({ name, deadLetters }: ReceiverReport): readonly string[] {
  return deadLetters.map(({ rule, since, givenUpAt, error }) =>
    visible(`${name}: a message of "${rule}" since ${since} was given up at ${givenUpAt}: ${error}`),
  );
}
