import { stripVTControlCharacters } from "node:util";
import { wantsColor } from "../service/wants-color.ts";

/**
 * The width of lines in a pipe, wide enough that nothing is cut that a wide terminal would show.
 */
const PIPE_COLUMNS = 250;

export function outputColumns(): number {
  return process.stdout.isTTY ? process.stdout.columns : PIPE_COLUMNS;
}

/** Prints lines, in color on a terminal that supports it (https://no-color.org). */
export function printLines(lines: readonly string[]): void {
  const shown = wantsColor(process.stdout)
    ? lines
    : lines.flatMap((line) => stripVTControlCharacters(line).split("\n"));
  console.log(shown.map((line) => line.trimEnd()).join("\n"));
}
