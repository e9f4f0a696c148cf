import type { LinearSteps } from "../../bpf/check/checked-program.ts";
import type { DistributionValue } from "../evaluate/alerts/alert.ts";
import type { Unit } from "../evaluate/formula/formula.ts";
import { numberText } from "../text/number-text.ts";
import { durationText } from "../text/duration-text.ts";
import { type Bin, binsOf } from "./bins.ts";
import { fit } from "../text/terminal-text.ts";

const MOST_COLUMNS = 52;

export interface BarsOptions {
  readonly unit: Unit;
  /** the steps of a linear_histogram */
  readonly steps?: LinearSteps;
  readonly columns: number;
  readonly rows: number;
}

/** Formats a histogram as bars, one a line, as bpftrace does: `[4, 8)   12 |@@@@@@@    |`. */
export function bars(value: DistributionValue, { unit, steps, columns, rows }: BarsOptions): readonly string[] {
  const bins = binsOf(value, steps, rows);
  const names = bins.map((bin) => nameOf(bin, unit));
  const counts = bins.map(({ count }) => numberText(count));
  const nameColumns = Math.max(0, ...names.map(({ length }) => length));
  const countColumns = Math.max(0, ...counts.map(({ length }) => length));
  const length = Math.max(1, Math.min(MOST_COLUMNS, columns - nameColumns - countColumns - 4));
  const greatest = Math.max(1, ...bins.map(({ count }) => count));
  return bins.map(({ count }, index) => {
    const bar = "@".repeat(Math.floor((count / greatest) * length));
    const name = fit(names[index] ?? "", nameColumns, "left");
    return `${name} ${fit(counts[index] ?? "", countColumns, "right")} |${fit(bar, length, "left")}|`;
  });
}

function nameOf({ from, to }: Bin, unit: Unit): string {
  const text = unit === "duration" ? durationText : numberText;
  if (from !== null && to !== null && to - from === 1) return `[${text(from)}]`;
  return `${from === null ? "(..." : `[${text(from)}`}, ${to === null ? "..." : text(to)})`;
}
