import { findMember, type FoundMember } from "../kernel/btf/find-member.ts";
import { resolve, sizeOf } from "../kernel/btf/resolve.ts";
import type { Btf } from "../kernel/kernel.ts";
import { integerOf, pointerTo } from "./btf-value.ts";
import { addOffset, binary, constant } from "./constant-fold.ts";
import { RECORD_STRING_BYTES } from "./limits.ts";
import { bitsOf, isWidth } from "./widths.ts";
import {
  scalarTerm,
  stringTerm,
  wholeString,
  type PlaceTerm,
  type ScalarTerm,
  type StringType,
  type Term,
} from "./term.ts";
import type { Scalar } from "./typed-expression.ts";

/** Memory that will be read as a BTF type. */
interface TypedMemory {
  readonly base: Scalar;
  readonly offset: number;
  readonly typeId: number;
  readonly space: "kernel" | "user";
  readonly direct: boolean;
}

/**
 * Reads a place. Integers and pointers are loaded; structs, unions and arrays stay places. Returns
 * undefined for a type without a value (a function, a float).
 */
export function readPlace(btf: Btf, place: TypedMemory): Term | undefined {
  const { type } = resolve(btf, place.typeId);
  if (type.kind === "struct" || type.kind === "union" || type.kind === "array") {
    const { space, direct, typeId } = place;
    return {
      form: "place",
      type: { kind: "place", type: typeId, space, direct },
      base: place.base,
      offset: place.offset,
    };
  }
  if (type.kind === "pointer") return scalarTerm(pointerAt(btf, place), load(place, 8, false));
  const value = integerOf(btf, place.typeId);
  if (value === undefined) return undefined;
  const number = scalarTerm(value.type, load(place, value.bytes, value.signed));
  // an address that is in the memory of the process points into that memory
  return place.space === "user" ? leadingInto(number, "user") : number;
}

/** Marks a number as an address in this memory, in case the rule uses it as one. */
function leadingInto(term: Term, space: "kernel" | "user"): Term {
  return term.form === "scalar" && term.type.kind === "integer" ? { ...term, type: { ...term.type, space } } : term;
}

function pointerAt(btf: Btf, place: TypedMemory): Extract<ScalarTerm["type"], { kind: "pointer" }> {
  const type = pointerTo(btf, place.typeId, place.direct);
  return place.space === "user" ? { ...type, space: "user" } : type;
}

function load(place: TypedMemory, bytes: 1 | 2 | 4 | 8, signed: boolean): Scalar {
  const how = place.direct ? "direct" : place.space;
  const base = how === "direct" ? place.base : detached(place.base);
  return { op: "load", base, offset: place.offset, bytes, signed, how };
}

/**
 * Turns a pointer into a number to compute with. The verifier forbids arithmetic on pointers that
 * it takes for possibly null (arguments since 6.14, members such as `sk_buff.sk`). On the others it
 * allows only sums.
 */
export function detached(base: Scalar): Scalar {
  const mayBePointer = ["context", "helper", "conditional"].includes(base.op);
  return mayBePointer || (base.op === "load" && base.how === "direct") ? { op: "number", operand: base } : base;
}

export function addressOf(place: PlaceTerm): Scalar {
  return addOffset(detached(place.base), place.offset);
}

/** The struct or union that a term is or points to, and its place. */
interface StructAt {
  readonly typeId: number;
  readonly place: Omit<TypedMemory, "typeId">;
}

export function structAt(btf: Btf, term: Term): StructAt | undefined {
  if (term.form === "place") {
    const { type } = resolve(btf, term.type.type);
    if (type.kind !== "struct" && type.kind !== "union") return undefined;
    return {
      typeId: term.type.type,
      place: { base: term.base, offset: term.offset, space: term.type.space, direct: term.type.direct },
    };
  }
  if (term.form !== "scalar" || term.type.kind !== "pointer") return undefined;
  const { type } = resolve(btf, term.type.to);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  return {
    typeId: term.type.to,
    place: { base: term.scalar, offset: 0, space: term.type.space, direct: term.type.direct },
  };
}

/**
 * Reads a field of a struct, or of the struct that a pointer points to. Returns undefined if there
 * is no such field or no struct.
 */
export function readField(btf: Btf, term: Term, name: string): Term | undefined {
  const at = structAt(btf, term);
  const field = at === undefined ? undefined : findMember(btf, at.typeId, name);
  if (at === undefined || field === undefined) return undefined;
  if (field.bitfieldBits !== 0) return readBitfield(btf, at, field);
  return readPlace(btf, {
    ...at.place,
    offset: at.place.offset + field.bitOffset / 8,
    typeId: field.type,
    direct: at.place.direct && field.plain,
  });
}

/**
 * Reads a bitfield. It loads the least aligned unit of the declared type's width that holds all
 * bits (Documentation/bpf/btf.rst, BTF_KIND_STRUCT).
 */
function readBitfield(btf: Btf, at: StructAt, field: FoundMember): Term | undefined {
  const value = integerOf(btf, field.type);
  if (value === undefined) return undefined;
  const bits = field.bitfieldBits;
  let bytes = value.bytes;
  let start = Math.floor(field.bitOffset / (bytes * 8)) * bytes;
  if (field.bitOffset + bits > (start + bytes) * 8) {
    start = Math.floor(field.bitOffset / 8);
    bytes = 8;
  }
  const scalar: Scalar = {
    op: "load",
    base: detached(at.place.base),
    offset: at.place.offset + start,
    bytes,
    signed: value.signed,
    how: at.place.space,
    bitfield: { shift: field.bitOffset - start * 8, bits },
  };
  return scalarTerm(value.type, scalar);
}

/**
 * Reads an element of an array, or an element that a pointer points to. Returns undefined if its
 * type has no size.
 */
export function readElement(btf: Btf, term: Term, index: number): Term | undefined {
  const array = elementsOf(btf, term);
  const bytes = array === undefined ? undefined : sizeOf(btf, array.elementType);
  if (array === undefined || bytes === undefined) return undefined;
  const { base, offset, space } = array;
  const place = { base, offset: offset + index * bytes, typeId: array.elementType, space, direct: false };
  return elementOf(term, readPlace(btf, place), space);
}

/**
 * Reads an element at an index that is known only when the program runs; `within` bounds its
 * address.
 */
export function readElementAt(
  btf: Btf,
  term: Term,
  index: Scalar,
  within: (address: Scalar) => Scalar,
): Term | undefined {
  const array = elementsOf(btf, term);
  const bytes = array === undefined ? undefined : sizeOf(btf, array.elementType);
  if (array === undefined || bytes === undefined) return undefined;
  const scaled = binary("*", false, index, constant(BigInt(bytes)));
  const base = within(binary("+", false, addOffset(detached(array.base), array.offset), scaled));
  const place = { base, offset: 0, typeId: array.elementType, space: array.space, direct: false };
  return elementOf(term, readPlace(btf, place), array.space);
}

/**
 * Returns an element. If the elements that a pointer points to are addresses, they point into the
 * same memory as the pointer. For numbers in a struct of the kernel that is mostly wrong.
 */
function elementOf(array: Term, element: Term | undefined, space: "kernel" | "user"): Term | undefined {
  return element !== undefined && array.form === "scalar" ? leadingInto(element, space) : element;
}

function elementsOf(
  btf: Btf,
  term: Term,
): { elementType: number; base: Scalar; offset: number; space: "kernel" | "user" } | undefined {
  if (term.form === "scalar" && term.type.kind === "pointer") {
    return { elementType: term.type.to, base: term.scalar, offset: 0, space: term.type.space };
  }
  if (term.form !== "place") return undefined;
  const { type } = resolve(btf, term.type.type);
  if (type.kind !== "array") return undefined;
  return { elementType: type.element, base: term.base, offset: term.offset, space: term.type.space };
}

/** Turns a place of characters into the string that it holds. Returns other terms unchanged. */
export function charactersAsString(btf: Btf, term: Term, form: StringType["form"] = "text"): Term {
  if (term.form !== "place") return term;
  const { type } = resolve(btf, term.type.type);
  if (type.kind !== "array" || !isCharacter(btf, type.element)) return term;
  const characters = { op: "string", address: addressOf(term), space: term.type.space } as const;
  // in a flexible array only the text says where it ends
  if (type.count === 0) return stringTerm({ ...characters, bytes: RECORD_STRING_BYTES }, form, true);
  return wholeString({ ...characters, bytes: type.count }, form);
}

/** True for `char`, also by its name: compilers differ in whether they mark it in BTF. */
export function isCharacter(btf: Btf, typeId: number): boolean {
  const { type } = resolve(btf, typeId);
  return type.kind === "int" && type.bytes === 1 && (type.char || type.name === "char");
}

/** Returns the width in bits of an element of an array within a tracepoint's record. */
export function contextElementType(bytes: number): 8 | 16 | 32 | 64 | undefined {
  return isWidth(bytes) ? bitsOf(bytes) : undefined;
}
