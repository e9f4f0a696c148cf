import { ADDRESS, PORT } from "./address.ts";
import { ARGV } from "./argv.ts";
import { BUF } from "./buf.ts";
import { CAST } from "./cast.ts";
import { BSWAP, NTOHL, NTOHS } from "./conversions.ts";
import type { LanguageFunction } from "./function.ts";
import { NAMED_NUMBERS } from "./named-numbers.ts";
import { SYSCALL } from "./syscall.ts";
import { ABS, EXTREMES } from "./numbers.ts";
import { KADDR } from "./kaddr.ts";
import { PATH } from "./path.ts";
import { SPACES } from "./spaces.ts";
import { KSTACK, KSYM, USTACK, USYM } from "./stack.ts";
import { LEN, PATTERN_TESTS, STARTS_WITH } from "./string-tests.ts";
import { STR } from "./str.ts";
import { CONTAINER_OF, OFFSETOF, SIZEOF } from "./types.ts";

const RECORDS: readonly LanguageFunction[] = [
  STR,
  BUF,
  ARGV,
  PATH,
  CAST,
  CONTAINER_OF,
  KADDR,
  SIZEOF,
  OFFSETOF,
  ...SPACES,
  STARTS_WITH,
  ...PATTERN_TESTS,
  LEN,
  ADDRESS,
  PORT,
  NTOHS,
  NTOHL,
  BSWAP,
  ABS,
  ...EXTREMES,
  ...NAMED_NUMBERS,
  SYSCALL,
  KSTACK,
  USTACK,
  KSYM,
  USYM,
];

export const FUNCTION_NAMES: readonly string[] = RECORDS.map(({ name }) => name);

/** All functions of the kernel half, in the order of the documentation. */
export const FUNCTIONS: ReadonlyMap<string, LanguageFunction> = new Map(RECORDS.map((known) => [known.name, known]));
