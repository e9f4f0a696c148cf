import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { wantsColor } from "../service/wants-color.ts";

/** A width at which nothing is cut that a wide terminal would show. */
const UNKNOWN_COLUMNS = 250;

/** Returns the width of lines. A pipe has none; a serial console has 0, which means unknown. */
export function outputColumns({ isTTY, columns }: Pick<WriteStream, "isTTY" | "columns"> = process.stdout): number {
  return isTTY && columns > 0 ? columns : UNKNOWN_COLUMNS;
}

/** Prints lines, in color on a terminal that supports it (https://no-color.org). */
export function printLines(lines: readonly string[]): void {
  const shown = wantsColor(process.stdout)
    ? lines
    : lines.flatMap((line) => stripVTControlCharacters(line).split("\n"));
  console.log(shown.map((line) => line.trimEnd()).join("\n"));
}
