import { lineText, positionAt } from "./position.ts";
import type { Span } from "./source.ts";
import { columnsOf, visible } from "./visible.ts";

/** The widest line that is shown whole. Of a wider line only a window around the span is shown. */
const MAX_COLUMNS = 100;
const TAB_COLUMNS = 4;

/** One character of a line as it is drawn. */
interface Cell {
  readonly drawn: string;
  readonly columns: number;
  readonly marked: boolean;
}

/** Paints a part of the frame; see `format-diagnostic.ts`. */
export interface FramePainter {
  readonly gutter: (text: string) => string;
  readonly mark: (text: string) => string;
}

const PLAIN: FramePainter = { gutter: (text) => text, mark: (text) => text };

/**
 * Draws the first line of a span with carets below it:
 *
 *       3 | filter: args.er == 0
 *         |         ^^^^^^^
 *
 * Tabs are drawn as spaces up to the next tab stop, and control characters as `\x1b`, so that the
 * carets are below the right characters. A span over several lines is marked to the end of its
 * first line. An empty span has one caret.
 */
export function codeFrame(span: Span, paint: FramePainter = PLAIN): string {
  const { line, column } = positionAt(span.source, span.start);
  const text = lineText(span.source, line);
  const from = Math.min(column - 1, text.length);
  const to = Math.max(from + 1, Math.min(text.length, from + span.end - span.start));
  const cells = cut(cellsNear(text, from, to));
  const number = String(line).padStart(4);
  const code = cells
    .map((cell) => cell.drawn)
    .join("")
    .trimEnd();
  return [
    paint.gutter(`${number} |`) + (code === "" ? "" : ` ${code}`),
    `${paint.gutter(`${" ".repeat(number.length)} |`)} ${underline(cells, paint)}`,
  ].join("\n");
}

/** Of a very long line, only what is within this many characters of the span's start is shown. */
const NEAR = 1000;

/**
 * The cells of a line. A very long line is reduced to the cells around the span, and `…` stands for
 * the rest.
 */
function cellsNear(text: string, from: number, to: number): readonly Cell[] {
  if (text.length <= 4 * NEAR) return cellsOf(text, from, to);
  const start = Math.max(0, from - NEAR);
  const part = text.slice(start, from + NEAR);
  const end = to > text.length ? to - start : Math.min(to - start, part.length);
  return cellsOf(part, from - start, end);
}

function cellsOf(text: string, from: number, to: number): readonly Cell[] {
  const cells: Cell[] = [];
  let offset = 0;
  let column = 0;
  for (const character of text) {
    const drawn = character === "\t" ? " ".repeat(TAB_COLUMNS - (column % TAB_COLUMNS)) : visible(character);
    const columns = drawn === character ? columnsOf(character) : drawn.length;
    cells.push({ drawn, columns, marked: offset + character.length > from && offset < to });
    offset += character.length;
    column += columns;
  }
  if (to > text.length) cells.push({ drawn: " ", columns: 1, marked: true });
  return cells;
}

/**
 * Keeps at most MAX_COLUMNS columns, a fifth of them before the mark. `…` stands for what was cut.
 */
function cut(cells: readonly Cell[]): readonly Cell[] {
  if (width(cells) <= MAX_COLUMNS) return cells;
  const mark = cells.findIndex((cell) => cell.marked);
  let first = mark;
  for (let room = MAX_COLUMNS / 5; first > 0 && room > 0; first--) room -= cells[first - 1]?.columns ?? 0;
  let last = first;
  for (let room = MAX_COLUMNS; last < cells.length && room > 0; last++) room -= cells[last]?.columns ?? 0;
  const ellipsis: Cell = { drawn: "…", columns: 1, marked: false };
  return [...(first > 0 ? [ellipsis] : []), ...cells.slice(first, last), ...(last < cells.length ? [ellipsis] : [])];
}

function width(cells: readonly Cell[]): number {
  return cells.reduce((columns, cell) => columns + cell.columns, 0);
}

function underline(cells: readonly Cell[], paint: FramePainter): string {
  const first = cells.findIndex((cell) => cell.marked);
  const before = width(cells.slice(0, first));
  const marked = width(cells.filter((cell) => cell.marked));
  return " ".repeat(before) + paint.mark("^".repeat(Math.max(1, marked)));
}
