import { diff } from "node:util";

/** A text and the name under which a diff shows it. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Lines of unchanged text around a change, as `diff -u` prints them. */
const CONTEXT = 3;
/** Comparing takes quadratic time: beyond this, changed lines are shown as one change. */
const MOST_COMPARED = 4_000;

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/** Returns the differences of two texts as `diff -u` prints them. Empty for equal texts. */
export function unifiedDiff(from: NamedText, to: NamedText): string {
  const lines = compared(linesOf(from.text), linesOf(to.text));
  const hunks = hunksOf(lines);
  if (hunks.length === 0) return "";
  return [`--- ${from.name}\n`, `+++ ${to.name}\n`, ...hunks.map((hunk) => hunkText(lines, hunk))].join("");
}

/** Returns lines with their line breaks: the last one may lack it. */
const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function compared(from: readonly string[], to: readonly string[]): readonly Line[] {
  const least = Math.min(from.length, to.length);
  let start = 0;
  while (start < least && from[start] === to[start]) start += 1;
  let end = 0;
  while (end < least - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end += 1;
  const [a, b] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
  return [
    ...from.slice(0, start).map((text): Line => ({ mark: " ", text })),
    ...inOrder(isComparable(a, b) ? changes(a, b) : replaced(a, b)),
    ...from.slice(from.length - end).map((text): Line => ({ mark: " ", text })),
  ];
}

function isComparable(from: readonly string[], to: readonly string[]): boolean {
  return from.length > 0 && to.length > 0 && from.length + to.length <= MOST_COMPARED;
}

const MARKS = { "0": " ", "1": "-", "-1": "+" } as const;

function changes(from: readonly string[], to: readonly string[]): readonly Line[] {
  return diff(from, to).map(([operation, text]) => ({ mark: MARKS[operation], text }));
}

function replaced(from: readonly string[], to: readonly string[]): readonly Line[] {
  return [...from.map((text): Line => ({ mark: "-", text })), ...to.map((text): Line => ({ mark: "+", text }))];
}

/** Puts the removed lines of each change before the added ones. */
function inOrder(lines: readonly Line[]): readonly Line[] {
  const ordered: Line[] = [];
  let added: Line[] = [];
  for (const line of lines) {
    if (line.mark === "+") added.push(line);
    else {
      if (line.mark === " ") {
        ordered.push(...added);
        added = [];
      }
      ordered.push(line);
    }
  }
  return [...ordered, ...added];
}

/** A range of lines; `end` is exclusive. */
interface Hunk {
  readonly start: number;
  readonly end: number;
}

/** Returns the changed lines with their context; ranges that meet are one. */
function hunksOf(lines: readonly Line[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { mark }] of lines.entries()) {
    if (mark === " ") continue;
    const last = hunks.at(-1);
    const start = Math.max(0, index - CONTEXT);
    const end = Math.min(lines.length, index + CONTEXT + 1);
    if (last !== undefined && start <= last.end) hunks[hunks.length - 1] = { start: last.start, end };
    else hunks.push({ start, end });
  }
  return hunks;
}

function hunkText(lines: readonly Line[], { start, end }: Hunk): string {
  const before = lines.slice(0, start);
  const here = lines.slice(start, end);
  const from = rangeText(without("+", before), without("+", here));
  const to = rangeText(without("-", before), without("-", here));
  return `@@ -${from} +${to} @@\n${here.map(lineText).join("")}`;
}

const without = (mark: Line["mark"], lines: readonly Line[]): number =>
  lines.filter((line) => line.mark !== mark).length;

/** An empty range has the number of the line before it, and a range of one line has no length. */
function rangeText(before: number, length: number): string {
  if (length === 1) return `${before + 1}`;
  return `${length === 0 ? before : before + 1},${length}`;
}

function lineText({ mark, text }: Line): string {
  return text.endsWith("\n") ? `${mark}${text}` : `${mark}${text}\n\\ No newline at end of file\n`;
}
