import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import { visibleText } from "../../bpf/source/visible.ts";
import { STATE_COLORS } from "./color.ts";
import { sparkline } from "./sparkline.ts";
import { naturalWidth, type TableColumn, tableLines } from "./table.ts";
import type { KeyRow, RankedSample } from "./trial-history.ts";
import { valueText } from "./value-columns.ts";

const LEAST_TEXT = 8;
const SPARKLINE = { least: 8, most: 30 } as const;

/**
 * Formats a rule's keys as a table: values, labels, a sparkline if there is room, the alert's state
 * and its reason.
 */
export function keyTable(sample: RankedSample, rows: readonly KeyRow[], columns: number): readonly string[] {
  const before = [...valuesOf(sample, rows), ...labelsOf(sample, rows)];
  const after = judgedColumns(sample, rows);
  const room = columns - naturalWidth([...before, ...after]) - 2;
  const lines = room < SPARKLINE.least ? [] : [sparklines(rows, Math.min(room, SPARKLINE.most))];
  return tableLines([...before, ...lines, ...after], columns);
}

function valuesOf({ columns }: RankedSample, rows: readonly KeyRow[]): readonly TableColumn[] {
  return columns.map((column) => ({
    title: column.title,
    align: "right",
    cells: rows.map(({ view }) => valueText(column, view.values)),
  }));
}

function labelsOf({ rule }: RankedSample, rows: readonly KeyRow[]): readonly TableColumn[] {
  return rule.keys.map((name, index) => ({
    title: name,
    align: "left",
    least: LEAST_TEXT,
    cells: rows.map(({ view }) => labelText(view, name, index)),
  }));
}

/** Labels the row of keys beyond the limit. */
function labelText({ labels }: AlertView, name: string, index: number): string {
  if (labels["other"] === "true") return index === 0 ? "(other)" : "";
  return visibleText(labels[name] ?? "");
}

function sparklines(rows: readonly KeyRow[], columns: number): TableColumn {
  return { title: "last values", align: "left", cells: rows.map(({ past }) => sparkline(past, columns)) };
}

/**
 * Returns the columns of alerts. A rule without a threshold has no alerts, but its counts can be
 * degraded.
 */
function judgedColumns({ rule }: RankedSample, rows: readonly KeyRow[]): readonly TableColumn[] {
  if (!rule.hasThreshold) return [];
  return [
    {
      title: "state",
      align: "left",
      cells: rows.map(({ view }) => stateText(view)),
      colors: rows.map(({ view }) => STATE_COLORS[view.state]),
    },
    { title: "because", align: "left", least: LEAST_TEXT, cells: rows.map(({ view }) => visibleText(view.reason)) },
  ];
}

/** Formats a state: `firing critical`, `no data`. */
export function stateText({ state, level }: Pick<AlertView, "state" | "level">): string {
  return state === "no_data" ? "no data" : `${state}${level === undefined ? "" : ` ${level}`}`;
}
