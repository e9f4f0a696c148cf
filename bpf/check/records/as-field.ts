import type { Btf } from "../../kernel/kernel.ts";
import { charactersAsString, detached } from "../places.ts";
import { type BytesTerm, type ScalarTerm, type Term, wholeString } from "../term.ts";
import type { Bytes, Scalar } from "../typed-expression.ts";
import type { Width } from "../widths.ts";

/**
 * Returns a value as a field of a record has it: with the field's type, cut to its width.
 * @param recorded the field as it is read from the record
 * @returns undefined if the value is of another kind than the field
 */
export function asField(recorded: Term, value: Term, btf: Btf): Term | undefined {
  if (recorded.form === "scalar" && value.form === "scalar") return asScalar(recorded, value);
  if (recorded.form !== "bytes") return undefined;
  if (recorded.type.kind === "address") return asAddress(recorded, value);
  return asText(recorded, charactersAsString(btf, value));
}

function asScalar(recorded: ScalarTerm, value: ScalarTerm): Term | undefined {
  const load = recorded.scalar;
  if (load.op !== "context" && load.op !== "load") return undefined;
  const isPointer = recorded.type.kind === "pointer" || value.type.kind === "pointer";
  const scalar = isPointer ? detached(value.scalar) : value.scalar;
  return { ...recorded, scalar: cut(scalar, load.bytes, load.signed) };
}

/** Cuts a value that does not fit the field. */
function cut(scalar: Scalar, bytes: Width, signed: boolean): Scalar {
  if (bytes === 8) return scalar;
  const isLoad = scalar.op === "context" || (scalar.op === "load" && scalar.bitfield === undefined);
  if (isLoad && scalar.bytes <= bytes && (scalar.signed === signed || (!scalar.signed && scalar.bytes < bytes)))
    return scalar;
  const bits = ({ 1: 8, 2: 16, 4: 32 } as const)[bytes];
  return { op: "extend", bits, signed, operand: scalar };
}

function asAddress(recorded: BytesTerm, value: Term): Term | undefined {
  if (value.form === "bytes" && value.type.kind === "address") return { ...recorded, bytes: value.bytes };
  if (value.form !== "scalar" || value.type.kind !== "integer" || value.type.bits !== 32) return undefined;
  return { ...recorded, bytes: { op: "mapped-v4", value: value.scalar, bytes: 16 } };
}

function asText(recorded: BytesTerm, value: Term): Term | undefined {
  if (recorded.bytes.op !== "string") return undefined;
  if (value.form === "scalar" && value.type.kind === "integer")
    return wholeString({ op: "characters", value: value.scalar, bytes: 16 });
  const bytes = value.form === "bytes" ? textAs(recorded.bytes, value.bytes) : undefined;
  return bytes && { ...recorded, bytes };
}

/** Returns a text with the room of the field. */
function textAs(room: Extract<Bytes, { readonly op: "string" }>, text: Bytes): Bytes | undefined {
  switch (text.op) {
    case "string":
      return { ...room, address: text.address, space: text.space };
    case "literal":
      return text.bytes <= room.bytes ? text : undefined;
    case "choose": {
      const then = textAs(room, text.then);
      const otherwise = textAs(room, text.otherwise);
      return then && otherwise && { ...text, then, otherwise, bytes: Math.max(then.bytes, otherwise.bytes) };
    }
    default:
      return undefined;
  }
}
