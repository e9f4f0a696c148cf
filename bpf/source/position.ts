import type { Source } from "./source.ts";

/**
 * A place as users count it. Line and column start at 1. `column` counts UTF-16 units, as editors
 * and the Language Server Protocol do.
 */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStartsOf = new WeakMap<Source, readonly number[]>();

/**
 * The offsets at which the lines of a source begin. `\n`, `\r\n` and a lone `\r` end a line, as in
 * YAML 1.2 §5.4.
 */
export function lineStarts(source: Source): readonly number[] {
  let starts = lineStartsOf.get(source);
  if (starts === undefined) {
    starts = [0, ...Array.from(source.text.matchAll(/\r\n|\r|\n/g), (match) => match.index + match[0].length)];
    lineStartsOf.set(source, starts);
  }
  return starts;
}

/**
 * Returns the position of a UTF-16 offset. An offset outside the text is moved to the nearer end.
 */
export function positionAt(source: Source, offset: number): Position {
  const starts = lineStarts(source);
  const inside = Math.max(0, Math.min(offset, source.text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= inside) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: inside - (starts[low] ?? 0) + 1 };
}

/**
 * Returns the text of a line (counted from 1) without its line break. It is empty after the last
 * line.
 */
export function lineText(source: Source, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  return start === undefined ? "" : source.text.slice(start, starts[line]).replace(/[\r\n]+$/, "");
}
