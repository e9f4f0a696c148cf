import type { CallExpression, Expression, StringLiteral } from "../../language/expression.ts";
import { describe } from "../describe.ts";
import { parseGlob, type PatternFault } from "../glob.ts";
import { containing, endingIn, type Pattern } from "../pattern.ts";
import { charactersAsString } from "../places.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import {
  equalsLiteral,
  equalTexts,
  isComparableLiteral,
  isMatchable,
  isText,
  kernelSpelling,
  matchesPattern,
  searched,
  warnOfTooLong,
} from "../strings.ts";
import { booleanTerm, ERROR, integerType, literalTerm, scalarTerm, type BytesTerm, type Term } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";

/**
 * Returns an argument that must be a string. Any other argument is reported, and undefined is
 * returned.
 */
export function stringArgument(
  call: CallExpression,
  index: number,
  scope: Scope,
  check: CheckExpression,
): BytesTerm | undefined {
  const expression = argument(call, index);
  const term = charactersAsString(scope.kernel.btf, check(expression, scope));
  if (term.form === "error") return undefined;
  if (term.form === "bytes" && term.type.kind === "string") {
    return isText(term, expression.span, scope.reporter) ? term : undefined;
  }
  const message = `expected a string, found ${describe(term, scope.kernel.btf)}`;
  scope.reporter.error("type-mismatch", expression.span, message, "write str(x) for a pointer");
  return undefined;
}

export const STARTS_WITH: LanguageFunction = {
  name: "starts_with",
  usage: "starts_with(string, prefix)",
  doc: "True if a string begins with another one.",
  least: 2,
  most: 2,
  check(call, scope, check) {
    const prefix = argument(call, 1);
    const term = stringArgument(call, 0, scope, check);
    if (prefix.kind === "string") return term === undefined ? ERROR : startsWithLiteral(term, prefix, scope);
    const other = stringArgument(call, 1, scope, check);
    return term === undefined || other === undefined ? ERROR : booleanTerm(equalTexts(term, other, true));
  },
};

function startsWithLiteral(term: BytesTerm, prefix: StringLiteral, scope: Scope): Term {
  const literal = new TextEncoder().encode(kernelSpelling(term, prefix.value));
  if (!isComparableLiteral(literal, prefix.span, scope.reporter)) return ERROR;
  warnOfTooLong(term, literal, prefix.span, scope.reporter);
  return booleanTerm(equalsLiteral(term, literal));
}

interface PatternTest {
  readonly name: string;
  readonly parameter: string;
  readonly doc: string;
  readonly pattern: (text: string) => Pattern | PatternFault;
}

const TESTS: readonly PatternTest[] = [
  { name: "ends_with", parameter: "suffix", doc: "True if a string ends with a literal.", pattern: endingIn },
  { name: "contains", parameter: "part", doc: "True if a string has a literal anywhere.", pattern: containing },
  {
    name: "glob",
    parameter: "pattern",
    doc: "True if the whole string matches a pattern of `*`, `?`, `[a-z]`, `[!a-z]`; `*` and `?` match `/` too.",
    pattern: parseGlob,
  },
];

/** Tests that search the whole string, up to 4,096 bytes of it. */
export const PATTERN_TESTS: readonly LanguageFunction[] = TESTS.map(({ name, parameter, doc, pattern }) => ({
  name,
  usage: `${name}(string, "${parameter}")`,
  doc,
  least: 2,
  most: 2,
  check(call, scope, check) {
    const literal = argument(call, 1);
    const term = stringArgument(call, 0, scope, check);
    if (literal.kind !== "string") return notLiteral(name, parameter, literal, scope);
    if (term === undefined) return ERROR;
    const parsed = pattern(kernelSpelling(term, literal.value));
    if ("message" in parsed) {
      scope.reporter.error("bad-argument", literal.span, parsed.message, parsed.help);
      return ERROR;
    }
    if (!isMatchable(parsed, literal.span, scope.reporter)) return ERROR;
    return booleanTerm(matchesPattern(term, parsed));
  },
}));

function notLiteral(name: string, parameter: string, { span }: Expression, scope: Scope): Term {
  const help = `write ${name}(x, "${parameter.toUpperCase()}"): the ${parameter} must be a literal`;
  scope.reporter.error("bad-argument", span, `expected a ${parameter} in quotes`, help);
  return ERROR;
}

export const LEN: LanguageFunction = {
  name: "len",
  usage: "len(string)",
  doc: "The number of bytes of a string.",
  least: 1,
  most: 1,
  check(call, scope, check) {
    const term = stringArgument(call, 0, scope, check);
    if (term === undefined) return ERROR;
    const text = searched(term);
    if (text.op === "literal") return literalTerm(BigInt(text.value.length - 1));
    return scalarTerm(integerType(32, false), { op: "text-length", text });
  },
};
