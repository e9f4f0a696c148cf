import { columnsOf } from "../../bpf/source/visible.ts";

const ELLIPSIS = "…";

/** How many columns of a terminal a visible text takes. */
export function widthOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** The text where it takes at most `columns`, else its beginning and `…`; never half of a wide character. */
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

/** The text in exactly `columns`: cut, or with spaces on one side. */
export function fit(text: string, columns: number, align: "left" | "right"): string {
  const shown = cut(text, columns);
  const spaces = " ".repeat(Math.max(0, columns - widthOf(shown)));
  return align === "left" ? `${shown}${spaces}` : `${spaces}${shown}`;
}

/** How many there are of what: `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
