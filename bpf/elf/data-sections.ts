import type { MapSpec } from "../compile/object-spec.ts";
import { FLAG_ALLOC, FLAG_WRITE, type ElfSection } from "./elf-file.ts";

/**
 * A data section. libbpf makes one array map with one element of it; each variable was a map of its
 * own.
 */
export interface DataSection {
  readonly elf: ElfSection;
  readonly bytes: number;
  readonly variables: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
}

/**
 * Returns the data sections for maps whose values programs refer to by address: libbpf knows such
 * addresses in data sections only. The daemon's shared map `control` becomes `.bss`, which can be
 * mapped into memory as well. Maps with initial contents become `.rodata`.
 */
export function dataSections(maps: readonly MapSpec[]): readonly DataSection[] {
  const shared = placed(maps.filter((map) => map.shared !== undefined));
  const constant = placed(maps.filter(({ contents }) => contents !== undefined));
  const data = new Uint8Array(constant.bytes);
  constant.variables.forEach(({ map, offset }) => {
    data.set(map.contents ?? [], offset);
  });
  const bss: ElfSection = {
    name: ".bss",
    type: "nobits",
    flags: FLAG_ALLOC | FLAG_WRITE,
    data: new Uint8Array(),
    memoryBytes: shared.bytes,
  };
  return [
    { elf: bss, ...shared },
    ...(constant.bytes === 0
      ? []
      : [{ elf: { name: ".rodata", type: "progbits", flags: FLAG_ALLOC, data } as const, ...constant }]),
  ];
}

function placed(maps: readonly MapSpec[]) {
  let bytes = 0;
  const variables = maps.map((map) => {
    const offset = bytes;
    bytes += map.valueBytes;
    return { map, name: map.name, offset, bytes: map.valueBytes };
  });
  return { bytes, variables };
}
