import { visible, visibleText } from "../../bpf/source/visible.ts";
import type { DistributionValue } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import type { NamedValue } from "../evaluate/formula/check-formulas.ts";
import { durationText } from "../text/duration-text.ts";
import { percentText } from "../text/number-text.ts";
import { bars } from "./bars.ts";
import { colored } from "./color.ts";
import { keyTable } from "./key-table.ts";
import { counted, cut } from "../text/terminal-text.ts";
import type { RankedSample } from "./trial-history.ts";
import { distributionOf } from "./value-columns.ts";

/** The space on a terminal; Infinity if unlimited. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

const MOST_BARS = 20;
/** fewer bars are not useful */
const LEAST_BARS = 4;
/** the heading and the titles of the table */
const AROUND_ROWS = 2;

/** Returns the number of lines of a complete section. */
export function wantedRows(sample: RankedSample): number {
  if (sample.rows.length === 0) return 1;
  return AROUND_ROWS + sample.rows.length + (shownDistribution(sample) === undefined ? 0 : MOST_BARS + 1);
}

/**
 * Formats a rule in at most `room.rows` lines: its heading, its keys, and the histogram of the
 * first key as bars.
 */
export function ruleSection(sample: RankedSample, room: Room): readonly string[] {
  const lines = [heading(sample, room.columns)];
  const free = room.rows - AROUND_ROWS;
  if (sample.rows.length === 0 || free < 1) return lines;
  const distribution = shownDistribution(sample);
  const forBars = distribution === undefined ? 0 : barRows(sample, free);
  const shown = keysThatFit(sample.rows.length, free - forBars);
  lines.push(...keyTable(sample, sample.rows.slice(0, shown), room.columns));
  const left = sample.rows.length - shown;
  if (left > 0) lines.push(colored("dim", cut(`… ${counted(left, "more key")}`, room.columns)));
  if (distribution !== undefined && forBars > 0)
    lines.push(...barLines(sample, distribution, { ...room, rows: forBars }));
  return lines;
}

/** Returns the number of keys that fit. One line says how many do not. */
function keysThatFit(keys: number, rows: number): number {
  return keys <= rows ? keys : Math.max(0, rows - 1);
}

interface ShownDistribution {
  readonly named: NamedValue;
  readonly view: AlertView;
  readonly value: DistributionValue;
}

/** Returns the first histogram of the first key. */
function shownDistribution({ rule, rows }: RankedSample): ShownDistribution | undefined {
  const named = rule.values.find(({ from }) => from === "distribution");
  const view = rows[0]?.view;
  const value = named && view && distributionOf(view.values, named.name);
  if (named === undefined || view === undefined || value === undefined || value.count === 0) return undefined;
  return { named, view, value };
}

/** Returns the rows for bars: those that the keys do not need, but at least half. */
function barRows({ rows }: RankedSample, free: number): number {
  const given = Math.min(MOST_BARS + 1, Math.max(Math.floor(free / 2), free - rows.length));
  return given > LEAST_BARS ? given : 0;
}

/** Formats a title with the key of the histogram, and then the bars. */
function barLines({ rule }: RankedSample, shown: ShownDistribution, { columns, rows }: Room): readonly string[] {
  const { named, view, value } = shown;
  const steps = rule.steps.get(named.name);
  const labels = rule.keys.map((name) => visibleText(view.labels[name] ?? "")).join(", ");
  const title = `${named.name}${labels === "" ? "" : ` of ${labels}`}:`;
  const options = { unit: named.unit, columns, rows: rows - 1, ...(steps !== undefined && { steps }) };
  return [colored("dim", cut(title, columns)), ...bars(value, options).map((line) => cut(line, columns))];
}

/** Formats the heading: `slow-fsync  over 1m, 3 keys, 1 firing`. */
function heading(sample: RankedSample, columns: number): string {
  const { rule, rows, records, degraded, confidence } = sample;
  const filled = confidence.windowFilled < 1 ? ` (${percentText(confidence.windowFilled)} of it so far)` : "";
  const parts = [
    ...(rule.values.length > 0 ? [`over ${durationText(rule.windowMs * 1e6)}${filled}`] : []),
    ...(rule.keys.length > 0 && rule.values.length > 0 ? [counted(rows.length, "key")] : []),
    ...(["firing", "pending"] as const).flatMap((state) => {
      const count = rows.filter(({ view }) => view.state === state).length;
      return count === 0 ? [] : [`${count} ${state}`];
    }),
    ...(rule.hasRecords ? [counted(records, "event")] : []),
    ...(degraded === undefined ? [] : [`degraded: ${visible(degraded)}`]),
  ];
  const rest = cut(`  ${parts.join(", ")}`, columns - rule.name.length);
  return `${colored("bold", cut(rule.name, columns))}${degraded === undefined ? rest : colored("magenta", rest)}`;
}
