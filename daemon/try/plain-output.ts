import { stripVTControlCharacters } from "node:util";
import { visible, visibleText } from "../../bpf/source/visible.ts";
import { alertForTerminal, eventForTerminal } from "../receivers/log/log-line.ts";
import { timeOfDay } from "../text/time-text.ts";
import { stateText } from "./key-table.ts";
import { screenLines } from "./screen.ts";
import { counted } from "../text/terminal-text.ts";
import { endText } from "./totals-text.ts";
import type { KeyRow, RankedSample } from "./trial-history.ts";
import type { TrialOutput } from "./trial-output.ts";
import { type ValueColumn, valueText } from "./value-columns.ts";

/** The most keys of a rule and tick: those with the greatest values. */
const MOST_KEYS = 20;

const ROOM = { columns: Infinity, rows: Infinity };

export interface PlainOptions {
  readonly write: (text: string) => void;
  readonly writeTrouble: (text: string) => void;
}

/**
 * Writes a trial as lines for pipes and files: events, alerts, and keys when their shown values
 * change. Without colors and cursor control.
 */
export function plainOutput({ write, writeTrouble }: PlainOptions): TrialOutput {
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) write(`${lines.map((line) => stripVTControlCharacters(line).trimEnd()).join("\n")}\n`);
  };
  return {
    started: (rules, nowUnixMs) =>
      print(rules.map(({ rule, probes }) => `${timeOfDay(nowUnixMs)} ${rule.name}  attached to ${probesText(probes)}`)),
    records: (records) => print(records.map(eventForTerminal)),
    alerts: (events, nowUnixMs) => print(events.map((event) => alertForTerminal(event, nowUnixMs))),
    samples: (samples, _totals, nowUnixMs) => print(samples.flatMap((sample) => changedLines(sample, nowUnixMs))),
    trouble: (message) => writeTrouble(`${visible(message)}\n`),
    ended: (samples, totals) => print(["", ...screenLines(samples, endText(totals), ROOM)]),
  };
}

/** Names the first probes: a pattern can match a thousand. */
export function probesText(probes: readonly string[]): string {
  const more = probes.length > 3 ? ` and ${probes.length - 3} more` : "";
  return visible(`${probes.slice(0, 3).join(", ")}${more}`);
}

function changedLines(sample: RankedSample, nowUnixMs: number): readonly string[] {
  const changed = sample.rows.filter(({ isChanged }) => isChanged);
  const start = `${timeOfDay(nowUnixMs)} ${sample.rule.name}  `;
  const lines = changed.slice(0, MOST_KEYS).map((row) => `${start}${keyLine(sample, row)}`);
  const left = changed.length - lines.length;
  return left > 0 ? [...lines, `${start}… ${counted(left, "more key")}`] : lines;
}

/** Formats a key: `value=132 daddr="10.0.0.2" firing warning: value 132 > 100`. */
function keyLine({ columns, rule }: RankedSample, { view }: KeyRow): string {
  const names = view.labels["other"] === "true" ? ["other"] : rule.keys;
  const labels = names.map((name) => ` ${name}="${visibleText(view.labels[name] ?? "")}"`).join("");
  const state = rule.hasThreshold ? ` ${stateText(view)}: ${visibleText(view.reason)}` : "";
  return `${columns.map((column) => valueOf(column, view.values)).join(" ")}${labels}${state}`;
}

function valueOf(column: ValueColumn, values: KeyRow["view"]["values"]): string {
  const text = valueText(column, values);
  return `${column.title}=${text.includes(" ") ? JSON.stringify(text) : text}`;
}
