import { type Color, colored } from "./color.ts";
import { fit, widthOf } from "../text/terminal-text.ts";

export interface TableColumn {
  readonly title: string;
  readonly align: "left" | "right";
  /** the least width when space is limited; absent if the column must not be cut */
  readonly least?: number;
  readonly cells: readonly string[];
  /** by row */
  readonly colors?: readonly (Color | undefined)[];
}

const GAP = "  ";

/**
 * Formats a header and rows in at most `columns` columns of a terminal. The widest column is cut
 * first.
 */
export function tableLines(table: readonly TableColumn[], columns: number): readonly string[] {
  const widths = shrink(table, columns);
  const rows = Math.max(0, ...table.map(({ cells }) => cells.length));
  const line = (cellOf: (column: TableColumn, width: number) => string): string =>
    table.flatMap((column, index) => (widths[index] === 0 ? [] : [cellOf(column, widths[index] ?? 0)])).join(GAP);
  const header = line(({ title, align }, width) => fit(title, width, align));
  const lines = Array.from({ length: rows }, (_, row) =>
    line(({ align, cells, colors }, width) => colored(colors?.[row], fit(cells[row] ?? "", width, align))),
  );
  return [colored("dim", header), ...lines];
}

/** Returns the titles of columns for which a terminal of so many columns has no room at all. */
export function hiddenTitles(table: readonly TableColumn[], columns: number): readonly string[] {
  const widths = shrink(table, columns);
  return table.filter((_, index) => widths[index] === 0).map(({ title }) => title);
}

/** Returns the width of a table without cuts. */
export function naturalWidth(table: readonly TableColumn[]): number {
  return table.reduce((sum, column) => sum + widestOf(column), gapsOf(table));
}

function shrink(table: readonly TableColumn[], columns: number): readonly number[] {
  const widths = table.map(widestOf);
  let excess = naturalWidth(table) - columns;
  while (excess > 0) {
    const widest = widestShrinkable(table, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
  return clip(widths, columns);
}

/** Removes columns from the right that do not fit even so. */
function clip(widths: readonly number[], columns: number): readonly number[] {
  let left = columns + GAP.length;
  return widths.map((width) => {
    const kept = Math.max(0, Math.min(width, left - GAP.length));
    left -= kept + GAP.length;
    return kept;
  });
}

function widestShrinkable(table: readonly TableColumn[], widths: readonly number[]): number | undefined {
  let found: number | undefined;
  table.forEach(({ least = Infinity }, index) => {
    const width = widths[index] ?? 0;
    if (width > least && width > (found === undefined ? 0 : (widths[found] ?? 0))) found = index;
  });
  return found;
}

function widestOf({ title, cells }: TableColumn): number {
  return Math.max(widthOf(title), ...cells.map(widthOf));
}

function gapsOf(table: readonly TableColumn[]): number {
  return Math.max(0, table.length - 1) * GAP.length;
}
