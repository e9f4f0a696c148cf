import type { CheckedProgram } from "../../check/checked-program.ts";
import type { MapTypes } from "../maps.ts";
import type { BtfBuilder } from "./blob.ts";

/** The types that every object shares. */
export interface ObjectTypes extends MapTypes {
  /** `int (void *context)` */
  readonly programPrototype: number;
}

export function objectTypes(btf: BtfBuilder, program: CheckedProgram): ObjectTypes {
  const int = btf.int("int", 4, true);
  const word = btf.int("u64", 8, false);
  const spanSlots = new Map(
    program.spans.map((span) => {
      const names = ["opened_at", ...span.keeps.map((keep) => keep.name)];
      const members = names.map((name, index) => ({ name: identifier(name), type: word, byteOffset: 8 * index }));
      return [span.id, btf.struct(`span_${String(span.id)}`, 8 * names.length, members)] as const;
    }),
  );
  return { int, spanSlots, programPrototype: btf.prototype(int, [{ name: "context", type: btf.pointer(0) }]) };
}

/** The kernel takes C identifiers only as names of types and members. */
export const identifier = (name: string): string => {
  const cleaned = name.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[0-9]/.test(cleaned) || cleaned === "" ? `_${cleaned}` : cleaned;
};
