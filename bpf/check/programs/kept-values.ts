import type { NamedExpression } from "../../language/program-syntax.ts";
import type { Btf, Kernel } from "../../kernel/kernel.ts";
import type { Column } from "../checked-program.ts";
import { asColumn, unifyColumns } from "../columns.ts";
import { describe } from "../describe.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { distinguishable } from "../marked-text.ts";
import { asInteger } from "../operands.ts";
import { charactersAsString } from "../places.ts";
import type { Reporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import { fitString } from "../strings.ts";
import { ERROR, integerType, scalarTerm, type BytesTerm, type ScalarTerm, type Term } from "../term.ts";
import type { Bytes, Scalar, Value } from "../typed-expression.ts";

/** A value of `keep` at one start. */
export interface KeptValue {
  /** its column in the span's slot: the type has no spare byte */
  readonly column: Column;
  readonly value: Value;
  /** the term at the end of the span, without its value, which is known only there */
  readonly term: ScalarTerm | BytesTerm;
  /** the module's types, if a pointer of the term may be to one of them */
  readonly types?: Btf | undefined;
}

/** The values of one name, kept at any of the starts. */
export interface Kept {
  readonly column: Column;
  readonly types?: Btf | undefined;
  readonly term: ScalarTerm | BytesTerm;
}

/**
 * Returns a number, pointer or text to be carried to the end. A text without a bound of its own
 * gets `room` bytes. Other values are reported, and undefined is returned.
 */
export function keepValue({ expression, name }: NamedExpression, room: number, scope: Scope): KeptValue | undefined {
  const term = charactersAsString(scope.kernel.btf, checkExpression(expression, scope));
  const { span } = expression;
  const column = (type: Column["type"]): Column => ({ name: name.text, type, span: name.span });
  if (term.form === "scalar") {
    const stack = term.type.kind === "stack" ? term.type : undefined;
    const type = stack ?? asInteger(term)?.type ?? integerType(64, false, { kind: "hex" });
    // after a pointer was stored, the verifier no longer knows its type
    const later = term.type.kind === "pointer" ? { ...term.type, direct: false } : term.type;
    const { types } = scope.probe;
    return {
      column: column(asColumn(type)),
      value: { scalar: term.scalar, span },
      term: scalarTerm(later, term.scalar),
      types,
    };
  }
  if (term.form === "bytes") {
    const fitted = term.elastic ? fitString(term, room) : term;
    const marked = distinguishable(fitted);
    return { column: column(marked.type), value: { bytes: marked.bytes, span }, term: formedAs(fitted, marked) };
  }
  if (term.form !== "error") cannotKeep(term, expression, scope);
  return undefined;
}

/** Returns a term in the form that its kept value has. */
function formedAs(term: BytesTerm, { type: kept }: BytesTerm): BytesTerm {
  if (term.type.kind !== "string" || kept.kind !== "string") return term;
  return { ...term, type: { ...term.type, form: kept.form } };
}

function cannotKeep(term: Term, { span }: NamedExpression["expression"], { kernel, reporter }: Scope): void {
  const message = `expected a number, pointer, string or address to keep, found ${describe(term, kernel.btf)}`;
  reporter.error("type-mismatch", span, message, "name one of its fields or elements");
}

/**
 * Returns the common type of the values that all starts keep under one name. If their kinds differ,
 * it reports so and returns undefined.
 */
export function unifyKept(kept: readonly KeptValue[], kernel: Kernel, reporter: Reporter): Kept | undefined {
  const [first] = kept;
  if (first === undefined) return undefined;
  let { column } = first;
  for (const other of kept) {
    const both = unifyColumns(column, other.column, { kernel, reporter });
    if (both === undefined) return undefined;
    column = both;
  }
  return { column, term: unifiedTerm(kept, first, column), types: first.types };
}

function unifiedTerm(kept: readonly KeptValue[], first: KeptValue, { type }: Column): Kept["term"] {
  if (kept.length === 1) return first.term;
  if (type.kind === "string") {
    // if every text is whole, the kept one is whole too
    const isWhole = kept.every(({ column, term }) => room(term.type) > room(column.type));
    return { ...(first.term as BytesTerm), type: { ...type, maxBytes: type.maxBytes + (isWhole ? 1 : 0) } };
  }
  const alike = first.term.form === "bytes" || type.kind !== "integer" || isOnePointer(kept);
  if (alike) return first.term;
  const spaces = new Set(kept.map(({ term }) => ("space" in term.type ? term.type.space : undefined)));
  const [space] = spaces;
  const common = spaces.size === 1 && space !== undefined ? { space } : {};
  return scalarTerm({ ...type, ...common }, { op: "constant", value: 0n });
}

/**
 * True if all starts keep a pointer to the same type. Other pointers are numbers at the end, which
 * `cast` takes.
 */
function isOnePointer(kept: readonly KeptValue[]): boolean {
  const pointers = kept.flatMap(({ term, types }) => (term.type.kind === "pointer" ? [{ ...term.type, types }] : []));
  const [first] = pointers;
  return (
    pointers.length === kept.length &&
    pointers.every(({ space, to, types }) => to === first?.to && space === first.space && types === first.types)
  );
}

const room = (type: Column["type"]): number => (type.kind === "string" ? type.maxBytes : 0);

/**
 * Returns a kept value at the end of a span, by its variable: the number itself, or the address of
 * bytes. A pointer to a type of a module becomes a number at a probe that does not know the
 * module's types.
 * @param types those of the end, if it is in a module
 */
export function keptTerm({ term, column, types: known }: Kept, variable: number | undefined, types?: Btf): Term {
  if (variable === undefined) return ERROR;
  const scalar: Scalar = { op: "variable", variable };
  const foreign = known !== undefined && known !== types && column.type.kind === "integer";
  if (foreign && term.form === "scalar" && term.type.kind === "pointer") return scalarTerm(column.type, scalar);
  if (term.form === "scalar") return { ...term, literal: false, scalar };
  return { ...term, elastic: false, bytes: keptBytes(term, column, scalar) };
}

function keptBytes({ bytes }: BytesTerm, { type }: Column, address: Scalar): Bytes {
  if (type.kind !== "string") return { op: "memory", address, space: "kernel", bytes: bytes.bytes };
  const mark = type.marked && { markAt: Math.ceil(type.maxBytes / 8) * 8 };
  // a NUL does not end a buffer
  const op = type.form === "bytes" ? "memory" : "string";
  return { op, address, space: "kernel", bytes: type.maxBytes, ...mark };
}
