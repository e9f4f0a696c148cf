import { BtfBuilder } from "../compile/btf/blob.ts";
import type { ObjectSpec } from "../compile/object-spec.ts";
import { btfExtension } from "./btf-extension.ts";
import { dataSections, type DataSection } from "./data-sections.ts";
import { FLAG_ALLOC, FLAG_EXECUTE, FLAG_WRITE, writeElf } from "./elf-file.ts";
import type { ElfSection } from "./elf-file.ts";
import { addMapTypes } from "./map-types.ts";
import { codeSections, type CodeSection } from "./program-sections.ts";
import { SYMBOL_ENTRY_BYTES, symbolTable } from "./symbols.ts";
import type { ElfSymbolEntry } from "./symbols.ts";

const LICENSE = "GPL\0";
/**
 * R_BPF_64_64 is for the 64-bit immediate of an ldimm64, R_BPF_64_32 for the 32-bit immediate of a
 * call.
 */
const RELOCATION_TYPES = { object: 1n, function: 10n } as const;
const RELOCATION_BYTES = 16;

/**
 * Returns a compiled rule as an object file that libbpf, bpftool and llvm-objdump read. When such a
 * file is loaded by itself, it counts into generation 0 until its `.bss`, the daemon's shared map
 * `control`, is changed.
 */
export function encodeElf(spec: ObjectSpec): Uint8Array {
  const btf = BtfBuilder.from(spec.btf);
  const code = codeSections(spec.programs);
  const data = dataSections(spec.maps);
  const inData = new Set(data.flatMap(({ variables }) => variables.map(({ name }) => name)));
  const maps = addMapTypes(
    btf,
    spec.maps.filter(({ name }) => !inData.has(name)),
  );
  const mapsSection = 1 + code.length + data.length;
  const symbols: readonly ElfSymbolEntry[] = [
    ...data.flatMap((section, index) => dataSymbols(btf, section, 1 + code.length + index)),
    ...maps.map(
      ({ map, offset, bytes }) => ({ name: map.name, type: "object", section: mapsSection, offset, bytes }) as const,
    ),
    ...code.flatMap(codeSymbols),
  ];
  const extension = btfExtension(btf, code);
  const end = maps.reduce((sum, { bytes }) => sum + bytes, 0);
  return writeElf([
    ...code.map((section) => codeSection(section)),
    ...data.map(({ elf }) => elf),
    { name: ".maps", type: "progbits", flags: FLAG_ALLOC | FLAG_WRITE, data: new Uint8Array(end) },
    { name: "license", type: "progbits", flags: FLAG_ALLOC | FLAG_WRITE, data: new TextEncoder().encode(LICENSE) },
    { name: ".BTF", type: "progbits", data: btf.finish() },
    { name: ".BTF.ext", type: "progbits", data: extension },
    ...linking(code, symbols, mapsSection + 4),
  ]);
}

/** Adds the types of a data section's variables and returns their symbols. */
function dataSymbols(
  btf: BtfBuilder,
  { elf, variables, bytes }: DataSection,
  section: number,
): readonly ElfSymbolEntry[] {
  const word = btf.int("u64", 8, false);
  const typed = variables.map((variable) => ({
    ...variable,
    type: btf.variable(variable.name, btf.array(word, word, variable.bytes / 8)),
  }));
  btf.section(elf.name, bytes, typed);
  return variables.map(({ name, offset, bytes: size }) => ({ name, type: "object", section, offset, bytes: size }));
}

const codeSymbols = ({ pieces }: CodeSection, index: number): readonly ElfSymbolEntry[] =>
  pieces.map(({ symbol, piece, offset }) => ({
    name: symbol,
    type: "function",
    section: 1 + index,
    offset,
    bytes: piece.instructions.length,
  }));

/**
 * Returns a code section in which the fields that libbpf fills in are as clang leaves them. In a
 * map reference the source register is 0, and the first immediate is the offset into the value. A
 * call's immediate is -1: one instruction before the function that its symbol names.
 */
function codeSection({ name, pieces, bytes }: CodeSection): ElfSection {
  const data = new Uint8Array(bytes);
  const view = new DataView(data.buffer);
  for (const { piece, offset } of pieces) {
    data.set(piece.instructions, offset);
    for (const relocation of piece.relocations) {
      const at = offset + 8 * relocation.instruction;
      view.setUint8(at + 1, view.getUint8(at + 1) & 0x0f);
      view.setInt32(at + 4, relocation.offset, true);
      view.setInt32(at + 12, 0, true);
    }
    for (const { instruction } of piece.calls) view.setInt32(offset + 8 * instruction + 4, -1, true);
  }
  return { name, type: "progbits", flags: FLAG_ALLOC | FLAG_EXECUTE, data };
}

/**
 * Returns the relocations of each code section, then the symbols. `first` is one less than the
 * index of the first of these sections.
 */
function linking(
  code: readonly CodeSection[],
  symbols: readonly ElfSymbolEntry[],
  first: number,
): readonly ElfSection[] {
  const relocated = code.flatMap((section, index) => {
    const entries = relocationsOf(section, symbols);
    return entries.length > 0 ? [{ name: section.name, entries, code: 1 + index }] : [];
  });
  const symbolSection = first + relocated.length;
  const tables = symbolTable(symbols);
  return [
    ...relocated.map((section): ElfSection => ({
      name: `.rel${section.name}`,
      type: "rel",
      data: new Uint8Array(new BigUint64Array(section.entries).buffer),
      link: symbolSection,
      info: section.code,
      entryBytes: RELOCATION_BYTES,
    })),
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

/** Returns u64 offset in the section · u64 symbol << 32 | type, one after another. */
function relocationsOf({ pieces }: CodeSection, symbols: readonly ElfSymbolEntry[]): readonly bigint[] {
  const entry = (at: number, wanted: string, kind: ElfSymbolEntry["type"]): readonly bigint[] => {
    const symbol = BigInt(1 + symbols.findIndex(({ name, type }) => type === kind && name === wanted));
    return [BigInt(at), (symbol << 32n) | RELOCATION_TYPES[kind]];
  };
  return pieces.flatMap(({ piece, offset }) => [
    ...piece.relocations.flatMap(({ instruction, map }) => entry(offset + 8 * instruction, map, "object")),
    ...piece.calls.flatMap((call) => entry(offset + 8 * call.instruction, call.function, "function")),
  ]);
}
