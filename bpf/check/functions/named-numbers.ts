import { extend } from "../constant-fold.ts";
import { CAPABILITY_NAMES, ERROR_NAMES, FAMILY_NAMES, SIGNAL_NAMES, TCP_STATE_NAMES } from "../names/names.ts";
import { integerOperand } from "../operands.ts";
import type { Scope } from "../scope.ts";
import { ERROR, integerType, scalarTerm } from "../term.ts";
import type { Meaning } from "../type.ts";
import { argument, type LanguageFunction } from "./function.ts";

interface NamedNumber {
  readonly name: string;
  readonly parameter: string;
  readonly doc: string;
  readonly meaning: (scope: Scope) => Meaning;
  /** set for error numbers: their sign distinguishes them from other results */
  readonly signed?: true;
}

const names = (table: ReadonlyMap<bigint, string>) => (): Meaning => ({ kind: "names", names: table });

const NUMBERS: readonly NamedNumber[] = [
  { name: "user", parameter: "uid", doc: "A user id, shown by name.", meaning: () => ({ kind: "user" }) },
  {
    name: "errno",
    parameter: "result",
    doc: "The return value of a system call. A negative one is shown by its name, such as `ENOENT`.",
    meaning: names(ERROR_NAMES),
    signed: true,
  },
  { name: "signal", parameter: "number", doc: "A signal, such as `SIGKILL`.", meaning: names(SIGNAL_NAMES) },
  { name: "family", parameter: "number", doc: "An address family, such as `AF_INET6`.", meaning: names(FAMILY_NAMES) },
  {
    name: "tcp_state",
    parameter: "number",
    doc: "The state of a TCP connection, such as `ESTABLISHED`.",
    meaning: names(TCP_STATE_NAMES),
  },
  {
    name: "capability",
    parameter: "number",
    doc: "A capability, such as `CAP_SYS_ADMIN`.",
    meaning: names(CAPABILITY_NAMES),
  },
  {
    name: "device",
    parameter: "dev",
    doc: "A device number of the kernel, shown as `major:minor`.",
    meaning: () => ({ kind: "device" }),
  },
  { name: "mode", parameter: "bits", doc: "The mode of a file, in octal.", meaning: () => ({ kind: "mode" }) },
];

/**
 * Functions that compute nothing. They give a number its meaning, and so decide how it is shown.
 */
export const NAMED_NUMBERS: readonly LanguageFunction[] = NUMBERS.map((number) => ({
  name: number.name,
  usage: `${number.name}(${number.parameter})`,
  doc: number.doc,
  least: 1,
  most: 1,
  check(call, scope, check) {
    const expression = argument(call, 0);
    const operand = integerOperand(check(expression, scope), expression, scope);
    if (operand === undefined) return ERROR;
    const bits = number.signed === true ? operand.type.bits : 32;
    const signed = number.signed === true;
    return scalarTerm(integerType(bits, signed, number.meaning(scope)), extend(bits, signed, operand.scalar));
  },
}));
