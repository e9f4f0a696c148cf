import { columnsOf } from "../../bpf/source/visible.ts";

const ELLIPSIS = "…";

/** Returns the number of terminal columns that a visible text takes. */
export function widthOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** Shortens a text to at most `columns`, with `…` at the end. Does not split a wide character. */
export function cut(text: string, columns: number): string {
  if (text.length <= columns && ASCII.test(text)) return text;
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let used = ELLIPSIS.length;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}${ELLIPSIS}`;
}

const ASCII = /^[ -~]*$/;

/** Returns the text in exactly `columns`: shortened, or padded with spaces. */
export function fit(text: string, columns: number, align: "left" | "right"): string {
  const shown = cut(text, columns);
  const spaces = " ".repeat(Math.max(0, columns - widthOf(shown)));
  return align === "left" ? `${shown}${spaces}` : `${spaces}${shown}`;
}

/** Returns a count with its noun: `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
