import type { NamedExpression } from "../../language/program-syntax.ts";
import type { Btf, Kernel } from "../../kernel/kernel.ts";
import type { Column } from "../checked-program.ts";
import { asColumn, unifyColumns } from "../columns.ts";
import { describe } from "../describe.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { toldApart } from "../marked-text.ts";
import { asInteger } from "../operands.ts";
import { charactersAsString } from "../places.ts";
import type { Reporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import { fitString } from "../strings.ts";
import { ERROR, integerType, scalarTerm, type BytesTerm, type ScalarTerm, type Term } from "../term.ts";
import type { Bytes, Scalar, Value } from "../typed-expression.ts";

/** A value of `keep` at one start. */
export interface KeptValue {
  /** how it lies in the span's slot: its type has no byte to spare */
  readonly column: Column;
  readonly value: Value;
  /** what it is where the span ends; its value there is only known then */
  readonly term: ScalarTerm | BytesTerm;
  /** the module's types, where a pointer of the term may be to one of them */
  readonly types?: Btf | undefined;
}

/** What is kept under one name from whichever start. */
export interface Kept {
  readonly column: Column;
  readonly types?: Btf | undefined;
  readonly term: ScalarTerm | BytesTerm;
}

/** A number, pointer or text to be carried to the end. A text without a bound of its own gets `room` bytes. Undefined, reported, for what cannot be kept. */
export function keepValue({ expression, name }: NamedExpression, room: number, scope: Scope): KeptValue | undefined {
  const term = charactersAsString(scope.kernel.btf, checkExpression(expression, scope));
  const { span } = expression;
  const column = (type: Column["type"]): Column => ({ name: name.text, type, span: name.span });
  if (term.form === "scalar") {
    const stack = term.type.kind === "stack" ? term.type : undefined;
    const type = stack ?? asInteger(term)?.type ?? integerType(64, false, { kind: "hex" });
    // what the verifier knows of a pointer is not carried on
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
    const marked = toldApart(fitted);
    return { column: column(marked.type), value: { bytes: marked.bytes, span }, term: formedAs(fitted, marked) };
  }
  if (term.form !== "error") cannotKeep(term, expression, scope);
  return undefined;
}

/** What is kept in a form of its own is of that form at the end too. */
function formedAs(term: BytesTerm, { type: kept }: BytesTerm): BytesTerm {
  if (term.type.kind !== "string" || kept.kind !== "string") return term;
  return { ...term, type: { ...term.type, form: kept.form } };
}

function cannotKeep(term: Term, { span }: NamedExpression["expression"], { kernel, reporter }: Scope): void {
  const message = `expected a number, pointer, string or address to keep, found ${describe(term, kernel.btf)}`;
  reporter.error("type-mismatch", span, message, "name one of its fields or elements");
}

/** What all starts keep under one name; undefined, reported, where they differ in kind. */
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
    // where every text is whole, so is the one that is kept
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

/** Whether all starts keep a pointer to the same; others are numbers at the end, which `cast` takes. */
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
 * A kept value where the span ends, by the variable that holds it: a number itself, of bytes the address. A pointer to a type of a module
 * means nothing at a probe that does not know the module's types.
 * @param types those of the end, where it is in a module
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
  // a NUL ends no buffer
  const op = type.form === "bytes" ? "memory" : "string";
  return { op, address, space: "kernel", bytes: type.maxBytes, ...mark };
}
