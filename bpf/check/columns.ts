import type { NamedExpression } from "../language/program-syntax.ts";
import { resolve } from "../kernel/btf/resolve.ts";
import { checkExpression } from "./expressions/check-expression.ts";
import type { Column } from "./checked-program.ts";
import { namedCall } from "./functions/syscall.ts";
import { describe, describeType } from "./describe.ts";
import { commonMeaning } from "./meaning.ts";
import { isCharacter, charactersAsString } from "./places.ts";
import type { Reporter } from "./reporter.ts";
import type { Scope } from "./scope.ts";
import { RECORD_STRING_BYTES } from "./limits.ts";
import { fitString } from "./strings.ts";
import { integerType, type IntegerType, type StringType, type Term } from "./term.ts";
import type { Value } from "./typed-expression.ts";
import { distinguishable } from "./marked-text.ts";
import type { Type } from "./type.ts";

export interface ColumnValue {
  readonly column: Column;
  readonly value: Value;
}

/**
 * Returns a value that can leave the kernel: an integer, boolean, string or address. Any other
 * value is reported, and undefined is returned.
 */
export function columnValue(named: NamedExpression, room: number, scope: Scope): ColumnValue | undefined {
  const { expression, name } = named;
  const found = charactersAsString(scope.kernel.btf, checkExpression(expression, scope));
  const term = found.form === "scalar" ? namedCall(found, scope.kernel) : found;
  const { span } = expression;
  const column = (type: Type): Column => ({ name: name.text, type, span: name.span });
  if (term.form === "bytes") {
    const fitted = term.elastic ? fitString(term, room) : term;
    if (fitted.bytes.bytes > room) return tooLong(named, fitted.bytes.bytes, room, scope.reporter);
    const marked = room < RECORD_STRING_BYTES ? distinguishable(fitted) : fitted;
    return { column: column(marked.type), value: { bytes: marked.bytes, span } };
  }
  if (term.form === "scalar" && !pointsToText(term, scope)) {
    const type = term.type.kind === "pointer" ? integerType(64, false, { kind: "hex" }) : asColumn(term.type);
    return { column: column(type), value: { scalar: term.scalar, span } };
  }
  if (term.form !== "error") badColumn(named, term, scope);
  return undefined;
}

/**
 * Returns the type of a column. A number that leaves the kernel is no longer an address to read
 * from.
 */
export const asColumn = (type: Type): Type =>
  type.kind === "integer" ? integerType(type.bits, type.signed, type.meaning) : type;

function pointsToText(term: Term, scope: Scope): boolean {
  return term.form === "scalar" && term.type.kind === "pointer" && isCharacter(scope.kernel.btf, term.type.to);
}

function tooLong(named: NamedExpression, found: number, room: number, reporter: Reporter): undefined {
  const message = `expected a string of at most ${room} bytes in a key, found one of ${found}`;
  reporter.error("bad-column", named.expression.span, message, `write str(x, ${room})`);
  return undefined;
}

function badColumn({ expression }: NamedExpression, term: Term, scope: Scope): void {
  const { btf } = scope.kernel;
  const array = term.form === "place" && resolve(btf, term.type.type).type.kind === "array";
  const element = array || term.form === "context-array" ? "one of its elements" : "one of its fields";
  const help = term.form === "scalar" ? "write str(x) to read the string that it points to" : `name ${element}`;
  const message = `expected an integer, boolean, string or address, found ${describe(term, btf)}`;
  scope.reporter.error("bad-column", expression.span, message, help);
}

/**
 * Returns one column for the values of several programs. If their kinds differ, it reports that and
 * returns undefined. Values are extended to 64 bits already and shorter strings are filled up, so
 * only the room has to grow.
 */
export function unifyColumns(a: Column, b: Column, scope: Pick<Scope, "kernel" | "reporter">): Column | undefined {
  const type = unifyTypes(a.type, b.type);
  if (type !== undefined) return { ...a, type };
  const [first, second] = [describeType(a.type, scope.kernel.btf), describeType(b.type, scope.kernel.btf)];
  const message = `expected "${b.name}" to be of one type at all probes, found ${first} and ${second}`;
  scope.reporter.error("type-mismatch", b.span, message);
  return undefined;
}

/** Returns the type that holds the values of both, or undefined if there is none. */
export function unifyTypes(a: Type, b: Type): Type | undefined {
  if (a.kind === "string" && b.kind === "string") {
    const form = unifyForms(a.form, b.form);
    if (form === undefined) return undefined;
    const marked = a.marked ?? b.marked;
    return { kind: "string", maxBytes: Math.max(a.maxBytes, b.maxBytes), form, ...(marked && { marked }) };
  }
  if (a.kind === "integer" && b.kind === "integer") return unifyIntegers(a, b);
  if (a.kind === "stack" && b.kind === "stack") return a.space === b.space ? a : undefined;
  return a.kind === b.kind ? a : undefined;
}

/**
 * Returns the form of a column that holds both. A buffer is not text. If one form separates
 * arguments, the column does so too.
 */
function unifyForms(a: StringType["form"], b: StringType["form"]): StringType["form"] | undefined {
  if (a === b) return a;
  if (a === "bytes" || b === "bytes") return undefined;
  return a === "arguments" || b === "arguments" ? "arguments" : "text";
}

function unifyIntegers(a: IntegerType, b: IntegerType): IntegerType | undefined {
  const meaning = commonMeaning(a.meaning, b.meaning);
  if (a.signed === b.signed) return a.bits >= b.bits ? { ...a, meaning } : { ...b, meaning };
  const unsigned = a.signed ? b : a;
  return unsigned.bits < 64 ? integerType(64, true, meaning) : undefined;
}
