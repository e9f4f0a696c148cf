import { constant } from "./constant-fold.ts";
import type { Bytes, Scalar } from "./typed-expression.ts";
import type { Meaning, Type } from "./type.ts";

export type IntegerType = Extract<Type, { kind: "integer" }>;
export type PointerType = Extract<Type, { kind: "pointer" }>;
export type StackType = Extract<Type, { kind: "stack" }>;
export type PlaceType = Extract<Type, { kind: "place" }>;
export type StringType = Extract<Type, { kind: "string" }>;

/** What an expression turned into: its type and how its value is had. */
export type Term =
  /** a fault in it has been reported; whatever uses it stays silent */
  | { readonly form: "error" }
  | {
      readonly form: "scalar";
      readonly type: IntegerType | PointerType | StackType | { readonly kind: "boolean" };
      readonly scalar: Scalar;
      /** made of literals only: takes the signedness, and for 0 the duration, of what it meets */
      readonly literal: boolean;
    }
  | {
      readonly form: "bytes";
      readonly type: StringType | { readonly kind: "address" };
      readonly bytes: Bytes;
      /** a string without a bound of its own takes the room of the column that it lands in */
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
    };

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

/** A number that the rule spells. From 2^63 up it is unsigned. */
export function literalTerm(value: bigint, meaning: Meaning = PLAIN): ScalarTerm {
  const type = integerType(64, value < 1n << 63n, meaning);
  return { form: "scalar", type, scalar: constant(value), literal: true };
}

export function booleanTerm(scalar: Scalar): ScalarTerm {
  return { form: "scalar", type: { kind: "boolean" }, scalar, literal: false };
}

/** A string of as many bytes as it may have; one that fills them counts as cut. */
export function stringTerm(bytes: Bytes, form: StringType["form"] = "text", elastic = false): BytesTerm {
  return { form: "bytes", type: { kind: "string", maxBytes: bytes.bytes, form }, bytes, elastic };
}

/** A string that always fits in `bytes`: its type has a byte to spare, so that no reader takes it for cut. */
export function wholeString(bytes: Bytes, form: StringType["form"] = "text"): BytesTerm {
  return { form: "bytes", type: { kind: "string", maxBytes: bytes.bytes + 1, form }, bytes, elastic: false };
}

export function addressTerm(bytes: Bytes): BytesTerm {
  return { form: "bytes", type: { kind: "address" }, bytes, elastic: false };
}

/** A string that the rule spells, with its NUL. */
export function stringLiteral(text: string): BytesTerm {
  const value = new TextEncoder().encode(`${text}\0`);
  return wholeString({ op: "literal", value, bytes: value.length });
}
