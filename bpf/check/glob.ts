import { literally, STAR, type ByteRange, type Pattern, type PatternStep } from "./pattern.ts";

/** An error in a pattern, and what to write instead. */
export interface PatternFault {
  readonly message: string;
  readonly help: string;
}

/**
 * Parses a glob as in glob(7). `*` and `?` match `/` as well. `[a-z]` and `[!a-z]` are sets of
 * ASCII characters. A backslash makes the next character literal.
 */
export function parseGlob(glob: string): Pattern | PatternFault {
  const pattern: PatternStep[] = [];
  const characters = Array.from(glob);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (pattern.at(-1)?.step !== "star") pattern.push(STAR);
    } else if (character === "?") pattern.push({ step: "character" });
    else if (character === "[") {
      const set = parseSet(characters, at);
      if ("message" in set) return set;
      pattern.push(set.step);
      at = set.end;
    } else if (character === "\\") {
      const next = characters[++at];
      if (next === undefined) return LONE_BACKSLASH;
      pattern.push(...literally(next));
    } else pattern.push(...literally(character));
  }
  return pattern;
}

const LONE_BACKSLASH: PatternFault = {
  message: "expected a character after the backslash, found the end of the pattern",
  help: "write two backslashes to match a backslash",
};

/** Parses `[...]` from its opening bracket. A `]` directly after the bracket belongs to the set. */
function parseSet(characters: readonly string[], start: number): { step: PatternStep; end: number } | PatternFault {
  const except = characters[start + 1] === "!" || characters[start + 1] === "^";
  const ranges: ByteRange[] = [];
  const first = start + (except ? 2 : 1);
  for (let at = first; at < characters.length; at++) {
    const low = characters[at] ?? "";
    if (low === "]" && at > first) return { step: { step: "bytes", ranges, except }, end: at };
    const end = characters[at + 1] === "-" ? characters[at + 2] : undefined;
    const high = end === undefined || end === "]" ? low : end;
    const fault = rangeFault(low, high);
    if (fault !== undefined) return fault;
    ranges.push([low.charCodeAt(0), high.charCodeAt(0)]);
    if (high === end) at += 2;
  }
  const message = 'expected a "]" that ends the set, found the end of the pattern';
  return { message, help: "write a backslash before a bracket to match the bracket" };
}

function rangeFault(low: string, high: string): PatternFault | undefined {
  const other = [low, high].find((character) => character > "\x7f");
  if (other !== undefined) {
    const help = "write ? for any one character, or a pattern for each: glob(x, ...) or glob(x, ...)";
    return { message: `expected ASCII characters within "[...]", found "${other}"`, help };
  }
  if (low <= high) return undefined;
  return { message: `expected a range from low to high, found "${low}-${high}"`, help: `write [${high}-${low}]` };
}
