import { constant } from "./constant-fold.ts";
import type { Bytes, Scalar } from "./typed-expression.ts";
import type { Meaning, Type } from "./type.ts";

export type IntegerType = Extract<Type, { kind: "integer" }>;
export type PointerType = Extract<Type, { kind: "pointer" }>;
export type StackType = Extract<Type, { kind: "stack" }>;
export type PlaceType = Extract<Type, { kind: "place" }>;
export type StringType = Extract<Type, { kind: "string" }>;

/** A checked expression: its type and how to compute its value. */
export type Term =
  /** an error in it has been reported, so its users do not report another */
  | { readonly form: "error" }
  | {
      readonly form: "scalar";
      readonly type: IntegerType | PointerType | StackType | { readonly kind: "boolean" };
      readonly scalar: Scalar;
      /**
       * true if it is made of literals only: it takes the signedness of the other operand, and for
       * 0 the duration
       */
      readonly literal: boolean;
    }
  | {
      readonly form: "bytes";
      readonly type: StringType | { readonly kind: "address" };
      readonly bytes: Bytes;
      /** true for a string without a bound of its own: it takes the room of its column */
      readonly elastic: boolean;
    }
  /** a struct, union or array at `offset` from the address `base` */
  | { readonly form: "place"; readonly type: PlaceType; readonly base: Scalar; readonly offset: number }
  /** an array of integers within a tracepoint's record */
  | {
      readonly form: "context-array";
      readonly offset: number;
      readonly elementBytes: number;
      readonly elementSigned: boolean;
      readonly count: number;
      readonly cType: string;
      /** what is read instead if the program has no record: elements, or a socket address */
      readonly made?:
        { readonly elements: readonly ScalarTerm[] } | { readonly address: BytesTerm; readonly port: ScalarTerm };
    };

export type ContextArrayTerm = Extract<Term, { form: "context-array" }>;
export type ScalarTerm = Extract<Term, { form: "scalar" }>;
export type BytesTerm = Extract<Term, { form: "bytes" }>;
export type PlaceTerm = Extract<Term, { form: "place" }>;

export const ERROR: Term = { form: "error" };
export const PLAIN: Meaning = { kind: "plain" };

export function integerType(bits: IntegerType["bits"], signed: boolean, meaning: Meaning = PLAIN): IntegerType {
  return { kind: "integer", bits, signed, meaning };
}

export const S64: IntegerType = integerType(64, true);
export const U64: IntegerType = integerType(64, false);

export function scalarTerm(type: ScalarTerm["type"], scalar: Scalar): ScalarTerm {
  return { form: "scalar", type, scalar, literal: false };
}

/** Returns the term of a number in the rule. From 2^63 up it is unsigned. */
export function literalTerm(value: bigint, meaning: Meaning = PLAIN): ScalarTerm {
  const type = integerType(64, value < 1n << 63n, meaning);
  return { form: "scalar", type, scalar: constant(value), literal: true };
}

export function booleanTerm(scalar: Scalar): ScalarTerm {
  return { form: "scalar", type: { kind: "boolean" }, scalar, literal: false };
}

/** Returns a string of at most so many bytes. One that fills them counts as cut. */
export function stringTerm(bytes: Bytes, form: StringType["form"] = "text", elastic = false): BytesTerm {
  return { form: "bytes", type: { kind: "string", maxBytes: bytes.bytes, form }, bytes, elastic };
}

/**
 * Returns a string that always fits in `bytes`. Its type has a spare byte, so that no reader takes
 * it for cut.
 */
export function wholeString(bytes: Bytes, form: StringType["form"] = "text"): BytesTerm {
  return { form: "bytes", type: { kind: "string", maxBytes: bytes.bytes + 1, form }, bytes, elastic: false };
}

export function addressTerm(bytes: Bytes): BytesTerm {
  return { form: "bytes", type: { kind: "address" }, bytes, elastic: false };
}

/** Returns the term of a string in the rule, with its NUL. */
export function stringLiteral(text: string): BytesTerm {
  const value = new TextEncoder().encode(`${text}\0`);
  return wholeString({ op: "literal", value, bytes: value.length });
}
