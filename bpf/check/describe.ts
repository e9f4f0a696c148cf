import type { Btf } from "../kernel/kernel.ts";
import { spell } from "../kernel/btf/spell.ts";
import { PLAIN, type Term } from "./term.ts";
import type { Type } from "./type.ts";

/** Describes a term for messages: `expected a boolean, found a 32-bit unsigned integer`. */
export function describe(term: Term, btf: Btf): string {
  if (term.form === "error") return "an error";
  if (term.form === "context-array") return `an array "${term.cType}"`;
  // the user did not write a width for a literal
  if (isPlainLiteral(term)) return "a number";
  return describeType(term.type, btf);
}

function isPlainLiteral(term: Term): boolean {
  return term.form === "scalar" && term.literal && term.type.kind === "integer" && term.type.meaning === PLAIN;
}

export function describeType(type: Type, btf: Btf): string {
  switch (type.kind) {
    case "integer":
      if (type.meaning.kind === "duration") return "a duration";
      if (type.meaning.kind === "timestamp") return "a point in time";
      return `${type.bits === 8 ? "an" : "a"} ${type.bits}-bit ${type.signed ? "signed" : "unsigned"} integer`;
    case "boolean":
      return "a boolean";
    case "string":
      return type.form === "bytes" ? "a buffer of bytes" : "a string";
    case "stack":
      return type.space === "kernel" ? "a kernel stack" : "a user stack";
    case "address":
      return "an address";
    case "pointer":
      return `a pointer "${spell(btf, type.to)} *"`;
    case "place":
      return `a "${spell(btf, type.type)}"`;
  }
}
