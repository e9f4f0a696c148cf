import type { Btf, TracepointField } from "../../kernel/kernel.ts";
import { findType } from "../btf-names.ts";
import { integerOf, type IntegerValue } from "../btf-value.ts";
import { RECORD_STRING_BYTES } from "../limits.ts";
import { addressTerm, integerType, scalarTerm, stringTerm, wholeString, type Term } from "../term.ts";
import { bitsOf, contextLoad, isWidth } from "../widths.ts";

/** Returns a field of a tracepoint's record as a term, or the reason why it cannot be read. */
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
      return "it is an array of varying length";
    case "opaque":
      return `it is a "${field.cType}"`;
  }
}

function locatedString(locatedAt: number): Term {
  const address = { op: "context-located-address", locatedAt } as const;
  return stringTerm({ op: "string", address, space: "kernel", bytes: RECORD_STRING_BYTES }, "text", true);
}

/**
 * Returns an integer field. The arguments of a system call have slots of 8 bytes at any type. So
 * the width and sign are those of the C type, if BTF knows it: an `int` of -1 is 4 bytes of ones,
 * and the bytes above it do not belong to it.
 */
function integerField(field: TracepointField, names: ReadonlyMap<bigint, string> | undefined, btf: Btf): Term | string {
  const id = findType(btf, field.cType);
  const declared = id === undefined ? undefined : integerOf(btf, id);
  const value = declared !== undefined && declared.bytes <= field.bytes ? declared : plainInteger(field);
  if (value === undefined) return `it is ${field.bytes} bytes wide`;
  const load = contextLoad(field.offset, value.bytes, value.signed);
  if (value.type.kind === "boolean" || names === undefined || names.size === 0) return scalarTerm(value.type, load);
  return scalarTerm({ ...value.type, meaning: { kind: "names", names } }, load);
}

function plainInteger({ bytes, signed }: TracepointField): IntegerValue | undefined {
  return isWidth(bytes) ? { type: integerType(bitsOf(bytes), signed), bytes, signed } : undefined;
}
