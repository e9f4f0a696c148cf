import type { BtfBuilder } from "../compile/btf/blob.ts";
import type { MapSpec } from "../compile/object-spec.ts";
import { MAP_TYPES } from "../libbpf-ts/src/map-type.ts";

/** A map and the place of its definition in the section `.maps`. */
export interface PlacedMap {
  readonly map: MapSpec;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Adds the types from which libbpf reads map definitions. Each map gets a struct and a variable of
 * that struct; all variables are in the data section `.maps`. In the struct, a number N is a
 * pointer to an array of N elements, and a type is a pointer to that type.
 */
export function addMapTypes(btf: BtfBuilder, maps: readonly MapSpec[]): readonly PlacedMap[] {
  const int = btf.int("int", 4, true);
  let end = 0;
  const placed = maps.map((map) => {
    const members = definition(btf, int, map);
    const bytes = 8 * members.length;
    const struct = btf.struct("", bytes, members);
    const offset = end;
    end += bytes;
    return { map, offset, bytes, type: btf.variable(map.name, struct) };
  });
  btf.section(".maps", end, placed);
  return placed;
}

function definition(btf: BtfBuilder, int: number, map: MapSpec) {
  const typed = map.btfValueType !== 0;
  const numbers: readonly (readonly [string, number])[] = [
    ["type", MAP_TYPES[map.type].number],
    ["max_entries", map.maxEntries],
    ["map_flags", map.flags],
    ["key_size", typed ? 0 : map.keyBytes],
    ["value_size", typed ? 0 : map.valueBytes],
  ];
  const types: readonly (readonly [string, number])[] = [
    ["key", map.btfKeyType],
    ["value", map.btfValueType],
  ];
  const members = [
    ...numbers.map(([name, value]) => ({ name, value, type: () => btf.pointer(btf.array(int, int, value)) })),
    ...types.map(([name, value]) => ({ name, value, type: () => btf.pointer(value) })),
  ].filter(({ value }) => value !== 0);
  return members.map(({ name, type }, index) => ({ name, type: type(), byteOffset: 8 * index }));
}
