import type { Btf } from "../../kernel/kernel.ts";
import { charactersAsString, detached } from "../places.ts";
import type { BytesTerm, ScalarTerm, Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
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
  if (recorded.bytes.op !== "string" || value.form !== "bytes" || value.bytes.op !== "string") return undefined;
  const { address, space } = value.bytes;
  return { ...recorded, bytes: { ...recorded.bytes, address, space } };
}
