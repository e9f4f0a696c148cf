import { visible } from "../../../bpf/source/visible.ts";
import type { RuleReport, RuleSummary, StatusReport } from "../../api/status-report.ts";
import { bytesText, percentText } from "../../text/number-text.ts";
import { counted, cut } from "../../text/terminal-text.ts";
import { colored } from "../../try/color.ts";
import type { TerminalSize } from "../../try/live-block.ts";
import { type TableColumn, tableLines } from "../../try/table.ts";
import { ruleLines } from "../rule-status.ts";
import { ruleTable } from "../status-lines.ts";
import { ORDERS } from "./orders.ts";
import { listedRules, type TopState } from "./top-state.ts";

/** Returns the screen with the list of rules: as many lines as fit. */
export function topLines(state: TopState, report: StatusReport, { columns, rows }: TerminalSize): readonly string[] {
  const listed = listedRules(state, report.rules);
  const [header = "", ...lines] = tableLines(tableOf(listed), columns);
  const room = Math.max(1, rows - 3);
  const at = Math.max(
    0,
    listed.findIndex(({ rule }) => rule === state.marked),
  );
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), lines.length - room));
  const shown = lines.slice(from, from + room).map((line, index) => (from + index === at ? marked(line) : line));
  return [headLine(report, columns), header, ...shown, footLine(state, listed.length, report.rules.length, columns)];
}

/** The columns, the most important first: a narrow terminal has no room for the last ones. */
const COLUMNS = ["RULE", "STATE", "CPU", "KERNEL", "KEYS", "VALUES", "A RUN", "PROBES", "LOST"];

function tableOf(rules: readonly RuleSummary[]): readonly TableColumn[] {
  return ruleTable(rules).toSorted((a, b) => COLUMNS.indexOf(a.title) - COLUMNS.indexOf(b.title));
}

/** Returns the screen with one rule and its keys. */
export function ruleScreen(report: RuleReport, { columns, rows }: TerminalSize): readonly string[] {
  const lines = ruleLines(report).map((line) => cut(line, columns));
  return [...lines.slice(0, Math.max(1, rows - 1)), colored("dim", cut("Esc: back to the rules  q: quit", columns))];
}

function headLine({ version, rules, notices }: StatusReport, columns: number): string {
  const cpu = sum(rules, ({ cost }) => cost.cpu ?? 0);
  const facts = [
    `bpfwarden ${version}`,
    counted(rules.length, "rule"),
    `${rules.filter(({ state }) => state === "firing").length} firing`,
    `${percentText(cpu)} of a CPU in the kernel`,
    bytesText(sum(rules, ({ cost }) => cost.kernelBytes)),
    ...(notices.length === 0 ? [] : [counted(notices.length, "notice")]),
  ];
  return cut(visible(facts.join(", ")), columns);
}

function footLine({ order, filter, isTyping }: TopState, listed: number, all: number, columns: number): string {
  if (isTyping) return cut(`name: ${visible(filter)}_  Enter: keep it  Esc: all rules`, columns);
  const orders = ORDERS.map(({ name, key }) => `${key} ${name}${name === order ? "*" : ""}`).join("  ");
  const part = listed < all ? `${listed} of ${all} with "${visible(filter)}"  ` : "";
  return colored("dim", cut(`${part}${orders}  / filter  Enter keys  q quit`, columns));
}

const MARK = "\u001b[7m";

export const isMarked = (line: string): boolean => line.startsWith(MARK);

/** Marks a line by reverse video, also where it has colors of its own. */
export const marked = (line: string): string => {
  const plain = `${MARK}${line}`.replaceAll("\u001b[39m", `\u001b[39m${MARK}`);
  return `${plain}\u001b[0m`;
};

function sum(rules: readonly RuleSummary[], of: (rule: RuleSummary) => number): number {
  return rules.reduce((total, rule) => total + of(rule), 0);
}
