import { BtfBuilder } from "../compile/btf/blob.ts";
import type { MapSpec, ObjectSpec } from "../compile/object-spec.ts";
import { btfExtension } from "./btf-extension.ts";
import { FLAG_ALLOC, FLAG_EXECUTE, FLAG_WRITE, writeElf } from "./elf-file.ts";
import type { ElfSection } from "./elf-file.ts";
import { addMapTypes } from "./map-types.ts";
import { programSections } from "./program-sections.ts";
import type { ProgramSection } from "./program-sections.ts";
import { SYMBOL_ENTRY_BYTES, symbolTable } from "./symbols.ts";
import type { ElfSymbolEntry } from "./symbols.ts";

const LICENSE = "GPL\0";
/** R_BPF_64_64: the 64-bit immediate of an ldimm64. */
const RELOCATION_TYPE = 1n;
const RELOCATION_BYTES = 16;
const CONTROL_BYTES = 8;

/**
 * A compiled rule as an object file that libbpf, bpftool and llvm-objdump read. The daemon's shared map `control` becomes the section
 * `.bss`: libbpf refers to a value's address in data sections only, and makes of this one an mmapable array map of one
 * element, as `control` is. A file that is loaded by itself so counts into generation 0 until its `.bss` says otherwise.
 */
export function encodeElf(spec: ObjectSpec): Uint8Array {
  const btf = BtfBuilder.from(spec.btf);
  const programs = programSections(spec.programs);
  const ownMaps = spec.maps.filter((map) => map.shared === undefined);
  const sharedMaps = spec.maps.filter((map) => map.shared !== undefined);
  const maps = addMapTypes(btf, ownMaps);
  const bssSection = 1 + programs.length;
  const mapsSection = bssSection + 1;
  addSharedTypes(btf, sharedMaps);
  const symbols: readonly ElfSymbolEntry[] = [
    ...sharedMaps.map((map, index) => sharedSymbol(map, index, bssSection)),
    ...maps.map(
      ({ map, offset, bytes }) => ({ name: map.name, type: "object", section: mapsSection, offset, bytes }) as const,
    ),
    ...programs.flatMap(programSymbols),
  ];
  const extension = btfExtension(btf, programs);
  const end = maps.reduce((sum, { bytes }) => sum + bytes, 0);
  return writeElf([
    ...programs.map((section) => codeSection(section)),
    bss(CONTROL_BYTES * sharedMaps.length),
    { name: ".maps", type: "progbits", flags: FLAG_ALLOC | FLAG_WRITE, data: new Uint8Array(end) },
    { name: "license", type: "progbits", flags: FLAG_ALLOC | FLAG_WRITE, data: new TextEncoder().encode(LICENSE) },
    { name: ".BTF", type: "progbits", data: btf.finish() },
    { name: ".BTF.ext", type: "progbits", data: extension },
    ...linking(programs, symbols, mapsSection + 4),
  ]);
}

const bss = (bytes: number): ElfSection => ({
  name: ".bss",
  type: "nobits",
  flags: FLAG_ALLOC | FLAG_WRITE,
  data: new Uint8Array(),
  memoryBytes: bytes,
});

function addSharedTypes(btf: BtfBuilder, maps: readonly MapSpec[]): void {
  const word = btf.int("u64", CONTROL_BYTES, false);
  const variables = maps.map((map, index) => ({
    type: btf.variable(map.name, word),
    offset: CONTROL_BYTES * index,
    bytes: CONTROL_BYTES,
  }));
  btf.section(".bss", CONTROL_BYTES * maps.length, variables);
}

const sharedSymbol = ({ name }: MapSpec, index: number, section: number): ElfSymbolEntry => ({
  name,
  type: "object",
  section,
  offset: CONTROL_BYTES * index,
  bytes: CONTROL_BYTES,
});

const programSymbols = ({ programs }: ProgramSection, index: number): readonly ElfSymbolEntry[] =>
  programs.map(({ symbol, spec, offset }) => ({
    name: symbol,
    type: "function",
    section: 1 + index,
    offset,
    bytes: spec.instructions.length,
  }));

/** libbpf says itself what an immediate means: the source register of a map reference is left 0, as clang leaves it. */
function codeSection({ name, programs, bytes }: ProgramSection): ElfSection {
  const data = new Uint8Array(bytes);
  for (const { spec, offset } of programs) {
    data.set(spec.instructions, offset);
    for (const { instruction } of spec.relocations) {
      const registers = offset + 8 * instruction + 1;
      data[registers] = (data[registers] ?? 0) & 0x0f;
    }
  }
  return { name, type: "progbits", flags: FLAG_ALLOC | FLAG_EXECUTE, data };
}

/** Relocations of each code section, then the symbols; `first` is the index of the first of these sections less one. */
function linking(
  programs: readonly ProgramSection[],
  symbols: readonly ElfSymbolEntry[],
  first: number,
): readonly ElfSection[] {
  const relocated = programs.flatMap((section, index) =>
    section.programs.some(({ spec }) => spec.relocations.length > 0) ? [{ section, code: 1 + index }] : [],
  );
  const symbolSection = first + relocated.length;
  const tables = symbolTable(symbols);
  return [
    ...relocated.map(({ section, code }) => relocationSection(section, code, symbolSection, symbols)),
    {
      name: ".symtab",
      type: "symtab",
      data: tables.symbols,
      link: symbolSection + 1,
      info: 1,
      entryBytes: SYMBOL_ENTRY_BYTES,
    },
    { name: ".strtab", type: "strtab", data: tables.strings },
  ];
}

function relocationSection(
  section: ProgramSection,
  code: number,
  symbolSection: number,
  symbols: readonly ElfSymbolEntry[],
): ElfSection {
  const entries = section.programs.flatMap(({ spec, offset }) =>
    spec.relocations.flatMap(({ instruction, map }) => {
      const symbol = BigInt(1 + symbols.findIndex(({ name, type }) => type === "object" && name === map));
      return [BigInt(offset + 8 * instruction), (symbol << 32n) | RELOCATION_TYPE];
    }),
  );
  return {
    name: `.rel${section.name}`,
    type: "rel",
    data: new Uint8Array(new BigUint64Array(entries).buffer),
    link: symbolSection,
    info: code,
    entryBytes: RELOCATION_BYTES,
  };
}
