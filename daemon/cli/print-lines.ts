import { stripVTControlCharacters } from "node:util";

/** How wide lines may be where nobody says: in a pipe nothing is cut that a wide terminal would show. */
const PIPE_COLUMNS = 250;

export function outputColumns(): number {
  return process.stdout.isTTY ? process.stdout.columns : PIPE_COLUMNS;
}

/** Prints lines, in color on a terminal that wants it (https://no-color.org). */
export function printLines(lines: readonly string[]): void {
  const wantsColor = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  const text = lines.map((line) => line.trimEnd()).join("\n");
  console.log(wantsColor ? text : stripVTControlCharacters(text).replace(/ +$/gm, ""));
}
