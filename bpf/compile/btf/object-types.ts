import type { CheckedProgram, SpanState } from "../../check/checked-program.ts";
import { layOutSlot } from "../layout.ts";
import type { MapTypes } from "../maps.ts";
import type { BtfBuilder } from "./blob.ts";

/** The types of the functions of a program. */
export interface CodeTypes {
  readonly int: number;
  readonly word: number;
  /** `int (void *context)` */
  readonly programPrototype: number;
  /** `u64 (u64 first, ...)` for each number of arguments, by that number */
  readonly functionPrototypes: readonly number[];
}

/** The types that every object shares. */
export interface ObjectTypes extends MapTypes, CodeTypes {}

const PARAMETERS = ["first", "second", "third", "fourth", "fifth"];

export function objectTypes(btf: BtfBuilder, program: CheckedProgram): ObjectTypes {
  const types = codeTypes(btf);
  const spanSlots = new Map(
    program.spans.map((span) => [span.id, slotType(btf, span, types.int, types.word)] as const),
  );
  return { ...types, spanSlots };
}

export function codeTypes(btf: BtfBuilder): CodeTypes {
  const int = btf.int("int", 4, true);
  const word = btf.int("u64", 8, false);
  const functionPrototypes = [0, 1, 2, 3, 4, 5].map((count) =>
    btf.prototype(
      word,
      PARAMETERS.slice(0, count).map((name) => ({ name, type: word })),
    ),
  );
  const programPrototype = btf.prototype(int, [{ name: "context", type: btf.pointer(0) }]);
  return { int, word, functionPrototypes, programPrototype };
}

/** Returns the type of a span's slot. A number is a `u64`, everything else is words of bytes. */
function slotType(btf: BtfBuilder, span: SpanState, int: number, word: number): number {
  const { bytes, keeps } = layOutSlot(span);
  const members = keeps.map(({ column, offset, bytes: room }) => ({
    name: identifier(column.name),
    type: room === 8 ? word : btf.array(word, int, room / 8),
    byteOffset: offset,
  }));
  return btf.struct(`span_${String(span.id)}`, bytes, [{ name: "opened_at", type: word, byteOffset: 0 }, ...members]);
}

/** Returns a C identifier for a name: the kernel takes no other names of types and members. */
export const identifier = (name: string): string => {
  const cleaned = name.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[0-9]/.test(cleaned) || cleaned === "" ? `_${cleaned}` : cleaned;
};
