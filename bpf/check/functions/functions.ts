import { ERROR } from "../term.ts";
import { ADDRESS, PORT } from "./address.ts";
import { CAST } from "./cast.ts";
import { BSWAP, NTOHL, NTOHS } from "./conversions.ts";
import type { LanguageFunction } from "./function.ts";
import { NAMED_NUMBERS } from "./named-numbers.ts";
import { ABS, EXTREMES } from "./numbers.ts";
import { SPACES } from "./spaces.ts";
import { KSTACK, KSYM, USTACK, USYM } from "./stack.ts";
import { STARTS_WITH } from "./starts-with.ts";
import { STR } from "./str.ts";
import { CONTAINER_OF, OFFSETOF, SIZEOF } from "./types.ts";

function planned(name: string, usage: string, doc: string): LanguageFunction {
  return {
    name,
    usage,
    doc,
    least: 0,
    most: 16,
    check({ calleeSpan }, scope) {
      const help = `the functions are ${FUNCTION_NAMES.join(", ")}`;
      scope.reporter.error("not-supported-yet", calleeSpan, `function "${name}" is not supported yet`, help);
      return ERROR;
    },
  };
}

const SUPPORTED: readonly LanguageFunction[] = [
  STR,
  CAST,
  CONTAINER_OF,
  SIZEOF,
  OFFSETOF,
  ...SPACES,
  STARTS_WITH,
  ADDRESS,
  PORT,
  NTOHS,
  NTOHL,
  BSWAP,
  ABS,
  ...EXTREMES,
  ...NAMED_NUMBERS,
  KSTACK,
  USTACK,
  KSYM,
  USYM,
];

/** The functions that this version can compile. */
export const FUNCTION_NAMES: readonly string[] = SUPPORTED.map(({ name }) => name);

/** All functions of the kernel half, in the order of the documentation. */
export const FUNCTIONS: ReadonlyMap<string, LanguageFunction> = new Map(
  [
    ...SUPPORTED,
    planned("ends_with", 'ends_with(string, "suffix")', "Whether a string ends with a literal."),
    planned("contains", 'contains(string, "part")', "Whether a string contains a literal."),
    planned("glob", 'glob(string, "pattern")', "Whether the whole string matches a pattern."),
    planned("buf", "buf(pointer, bytes)", "Bytes at an address."),
    planned("argv", "argv([count])", "The arguments of the process."),
    planned("path", "path(pointer)", "The path of a file."),
  ].map((known) => [known.name, known]),
);
