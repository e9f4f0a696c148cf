import { contextElementType } from "../places.ts";
import { type ContextArrayTerm, integerType, scalarTerm, type Term } from "../term.ts";
import type { FieldExpression } from "./field-expressions.ts";
import { AS_BYTES, BY_INDEX, type FieldUse } from "./fields-read.ts";

/**
 * Returns an array of a record as it is computed from the tracepoint's arguments. Returns undefined
 * if a value is of another kind, or if the rule reads more than elements or a socket address.
 */
export function asArray(
  recorded: ContextArrayTerm,
  made: FieldExpression,
  isUsed: (use: FieldUse) => boolean,
  valueOf: (text: string) => Term | undefined,
): Term | undefined {
  if (typeof made === "string" || isUsed(AS_BYTES)) return undefined;
  if ("elements" in made) return withElements(recorded, made.elements.map(valueOf));
  const [address, port] = [valueOf(made.address), valueOf(made.port)];
  if (isUsed(BY_INDEX) || address?.form !== "bytes" || address.type.kind !== "address") return undefined;
  if (port?.form !== "scalar" || port.type.kind !== "integer") return undefined;
  return { ...recorded, made: { address, port: scalarTerm(integerType(16, false), port.scalar) } };
}

function withElements(recorded: ContextArrayTerm, values: readonly (Term | undefined)[]): Term | undefined {
  const bits = contextElementType(recorded.elementBytes);
  // what is narrower would have to be cut
  if (bits !== 64 || values.length !== recorded.count) return undefined;
  const scalars = values.flatMap((value) => (value?.form === "scalar" ? [value.scalar] : []));
  if (scalars.length < values.length) return undefined;
  const type = integerType(bits, recorded.elementSigned);
  return { ...recorded, made: { elements: scalars.map((scalar) => scalarTerm(type, scalar)) } };
}
