import type { Expression } from "../../language/expression.ts";
import type { SpanSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Column, SpanMatch } from "../checked-program.ts";
import { columnValue, unifyTypes, type ColumnValue } from "../columns.ts";
import { describeType } from "../describe.ts";
import { MATCH_STRING_BYTES } from "../limits.ts";
import type { Reporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import type { Type } from "../type.ts";

/** The values of `match` at one end of a span; an undefined one has been reported. */
export type MatchValues = readonly (ColumnValue | undefined)[];

/** Checks the `match` of one end: its values must be ones that a key can have. */
export function matchValues(expressions: readonly Expression[], scope: Scope): MatchValues {
  return expressions.map((expression, index) => {
    const name = { text: index === 0 ? "match" : `match_${index + 1}`, span: expression.span };
    return columnValue({ name, expression }, MATCH_STRING_BYTES, scope);
  });
}

/** True if both ends of a span match by the same number of values; otherwise it reports so. */
export function isEvenMatch({ match }: SpanSyntax, reporter: Reporter): boolean {
  if (match === undefined || match.from.length === match.to.length) return true;
  const span = match.to[0]?.span ?? match.from[0]?.span;
  const message = `expected as many values to match at both ends, found ${match.from.length} at the start and ${match.to.length} at the end`;
  if (span !== undefined) reporter.error("bad-probe", span, message);
  return false;
}

/**
 * Returns the columns that hold the values of both ends. Numbers are equal by value at any width,
 * and shorter strings are filled up. Ends whose types cannot be equal are reported.
 */
export function unifyMatch(
  starts: readonly MatchValues[],
  ends: readonly MatchValues[],
  kernel: Kernel,
  reporter: Reporter,
): SpanMatch {
  const all = [...starts, ...ends];
  const columns = (all[0] ?? []).flatMap((_, index) => {
    const alike = all.flatMap((values) => values[index]?.column ?? []);
    return unifyAll(alike, kernel, reporter) ?? [];
  });
  return { columns, recurs: all.flat().every((value) => value === undefined || isNarrow(value.column)) };
}

/**
 * True for ids, descriptors, CPUs and ports. A 64-bit value or a name may come once and never
 * again.
 */
const isNarrow = ({ type }: Column): boolean => type.kind === "boolean" || (type.kind === "integer" && type.bits <= 32);

function unifyAll(columns: readonly Column[], kernel: Kernel, reporter: Reporter): Column | undefined {
  const [first] = columns;
  if (first === undefined) return undefined;
  let { type } = first;
  for (const next of columns) {
    const both = unifyTypes(type, next.type);
    if (both === undefined) return differ(type, next, kernel, reporter);
    type = both;
  }
  return { ...first, type };
}

function differ(type: Type, other: Column, { btf }: Kernel, reporter: Reporter): undefined {
  const found = `${describeType(type, btf)} and ${describeType(other.type, btf)}`;
  const numbers = type.kind === "integer" && other.type.kind === "integer";
  const help = numbers ? 'write cast(x, "u64") or cast(x, "s64") around one of them' : undefined;
  const code = numbers ? "sign-mismatch" : "type-mismatch";
  reporter.error(code, other.span, `expected "match" values that can be equal at both ends, found ${found}`, help);
  return undefined;
}
