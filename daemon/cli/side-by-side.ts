import { columnsOf, visible } from "../../bpf/source/visible.ts";
import type { ComparedLine, Comparison } from "../ruletest/compare.ts";
import { type Paint, plain, STYLES } from "../../bpf/source/terminal-style.ts";

export interface SideBySideOptions {
  /** columns of both sides together */
  readonly width: number;
  readonly color: boolean;
}

const INDENT = "  ";
/** The number of equal lines that are shown around a difference. */
const NEAR = 2;

/**
 * Formats the expected lines on the left and the actual lines on the right. `|` marks a difference,
 * `<` and `>` a line that only one side has.
 */
export function sideBySide({ lines, what }: Comparison, { width, color }: SideBySideOptions): string {
  const half = Math.max(20, Math.floor((width - INDENT.length - 3) / 2));
  const paint = color ? PAINT : PLAIN;
  const rows = lines.flatMap((line, index) => (isNear(lines, index) ? rowsOf(line, half, paint) : []));
  const heading = `${INDENT}${pad(`expected ${what}`, half)}   actual`;
  return [paint.head(heading), ...(rows.length === 0 ? [] : rows)].join("\n");
}

type Painter = Readonly<Record<"head" | "expected" | "actual", Paint>>;

/** Spaces alone take no style. */
const unlessEmpty =
  (paint: Paint): Paint =>
  (text) =>
    text.trim() === "" ? text : paint(text);
const PAINT: Painter = {
  head: unlessEmpty(STYLES.bold),
  expected: unlessEmpty(STYLES.red),
  actual: unlessEmpty(STYLES.green),
};
const PLAIN: Painter = { head: plain, expected: plain, actual: plain };

function isNear(lines: readonly ComparedLine[], index: number): boolean {
  return lines.slice(Math.max(0, index - NEAR), index + NEAR + 1).some(({ same }) => !same);
}

function rowsOf({ same, expected, actual }: ComparedLine, half: number, paint: Painter): readonly string[] {
  const left = wrap(expected ?? ["-"], half);
  const right = wrap(actual ?? ["-"], half);
  const mark = same ? " " : expected === undefined ? ">" : actual === undefined ? "<" : "|";
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [l, r] = [pad(left[index] ?? "", half), right[index] ?? ""];
    const row = `${same ? l : paint.expected(l)} ${index === 0 ? mark : " "} ${same ? r : paint.actual(r)}`;
    return `${INDENT}${row}`.trimEnd();
  });
}

/** Wraps lines at `width` columns. The rest of a line follows below, indented. */
function wrap(lines: readonly string[], width: number): readonly string[] {
  return lines.flatMap((line, index) => {
    const indent = index === 0 ? "" : INDENT;
    const wrapped: string[] = [];
    let current = indent;
    for (const character of visible(line)) {
      if (columnsIn(current) + columnsOf(character) > width) {
        wrapped.push(current);
        current = INDENT.repeat(2);
      }
      current += character;
    }
    return [...wrapped, current];
  });
}

const columnsIn = (text: string): number => Array.from(text, columnsOf).reduce((sum, columns) => sum + columns, 0);
const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - columnsIn(text)));
