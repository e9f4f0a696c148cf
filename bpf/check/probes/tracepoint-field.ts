import type { Btf, TracepointField } from "../../kernel/kernel.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { findType } from "../btf-names.ts";
import {
  addressTerm,
  booleanTerm,
  integerType,
  PLAIN,
  scalarTerm,
  stringTerm,
  wholeString,
  type Term,
} from "../term.ts";
import { RECORD_STRING_BYTES } from "../limits.ts";
import type { Scalar } from "../typed-expression.ts";
import type { Meaning } from "../type.ts";

type Width = 1 | 2 | 4 | 8;

/** A field of a tracepoint's record as a term, or why it cannot be read. */
export function tracepointField(field: TracepointField, btf: Btf): Term | string {
  const form = field.form;
  switch (form.kind) {
    case "integer":
      return integerField(field, form.names, btf);
    case "pointer":
      return scalarTerm(
        { kind: "pointer", to: findType(btf, form.to) ?? 0, space: form.space, direct: false },
        contextLoad(field.offset, 8, false),
      );
    case "address":
      return form.family === 4
        ? addressTerm({ op: "mapped-v4", value: contextLoad(field.offset, 4, false), bytes: 16 })
        : addressTerm({ op: "context-bytes", offset: field.offset, bytes: 16 });
    case "characters":
      return wholeString({
        op: "string",
        address: { op: "context-address", offset: field.offset },
        space: "kernel",
        bytes: field.bytes,
      });
    case "located-characters":
      return locatedString(field.offset);
    case "array":
      return {
        form: "context-array",
        offset: field.offset,
        elementBytes: form.elementBytes,
        elementSigned: form.elementSigned,
        count: Math.floor(field.bytes / form.elementBytes),
        cType: field.cType,
      };
    case "located-array":
      return "arrays of varying length are not supported yet";
    case "opaque":
      return `it is a "${field.cType}"`;
  }
}

function locatedString(locatedAt: number): Term {
  const address = { op: "context-located-address", locatedAt } as const;
  return stringTerm({ op: "string", address, space: "kernel", bytes: RECORD_STRING_BYTES }, "text", true);
}

/**
 * A system call's arguments stand in slots of 8 bytes whatever their type, so the width and sign are those of the C type where BTF
 * knows it: an `int` -1 is 4 bytes of ones, and what is above them is not part of it.
 */
function integerField(field: TracepointField, names: ReadonlyMap<bigint, string> | undefined, btf: Btf): Term | string {
  const id = findType(btf, field.cType);
  const type = id === undefined ? undefined : resolve(btf, id).type;
  const known = type?.kind === "int" || type?.kind === "enum" ? type : undefined;
  const fits = known !== undefined && isWidth(known.bytes) && known.bytes <= field.bytes;
  const bytes = fits ? known.bytes : field.bytes;
  if (!isWidth(bytes)) return `it is ${field.bytes} bytes wide`;
  const signed = fits ? known.signed : field.signed;
  const load = contextLoad(field.offset, bytes, signed);
  if (known?.kind === "int" && known.bool) return booleanTerm(load);
  const enumNames = known?.kind === "enum" ? new Map(known.values.map(({ name, value }) => [value, name])) : undefined;
  return scalarTerm(integerType(bitsOf(bytes), signed, meaningOf(names ?? enumNames)), load);
}

function meaningOf(names: ReadonlyMap<bigint, string> | undefined): Meaning {
  return names === undefined || names.size === 0 ? PLAIN : { kind: "names", names };
}

/** Programs may only load from the record at multiples of the width; what lies askew is read through its address. */
export function contextLoad(offset: number, bytes: Width, signed: boolean): Scalar {
  if (offset % bytes === 0) return { op: "context", offset, bytes, signed };
  return { op: "load", base: { op: "context-address", offset }, offset: 0, bytes, signed, how: "kernel" };
}

export function isWidth(bytes: number): bytes is Width {
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
}

export function bitsOf(bytes: Width): 8 | 16 | 32 | 64 {
  return (bytes * 8) as 8 | 16 | 32 | 64;
}
