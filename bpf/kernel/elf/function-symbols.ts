import type { ElfSymbol } from "../kernel.ts";
import type { ElfImage, Segment, SymbolTable } from "./elf-image.ts";

const SYMBOL_BYTES = 24;
const STT_FUNC = 2;
const STB_LOCAL = 0;
const AT_SIGN = 0x40;
const HIDDEN_VERSION = 0x8000;

/**
 * The function of a name. Of several the one that a caller would be linked to: a default version before an older one, anything
 * exported before a static function. Indirect functions (STT_GNU_IFUNC) are left out: their address is that of the resolver, which
 * runs once. The tables are searched as they are: a probe asks for one name of maybe 100,000.
 */
export function findFunction(image: ElfImage, name: string): ElfSymbol | undefined {
  const wanted = Buffer.from(name);
  let best: { rank: number; fileOffset: number } | undefined;
  for (const table of image.symbolTables) {
    for (const at of functionsOf(table)) {
      if (!isNamed(table, at, wanted)) continue;
      const fileOffset = fileOffsetOf(image.segments, valueAt(table, at));
      const rank = rankOf(table, at);
      if (fileOffset !== undefined && rank > (best?.rank ?? 0)) best = { rank, fileOffset };
    }
  }
  return best === undefined ? undefined : { name, fileOffset: best.fileOffset };
}

/** Names of all functions that `findFunction` finds, each once. */
export function functionNames(image: ElfImage): ReadonlySet<string> {
  const names = new Set<string>();
  for (const table of image.symbolTables) {
    for (const at of functionsOf(table)) {
      if (fileOffsetOf(image.segments, valueAt(table, at)) !== undefined) names.add(nameAt(table, at));
    }
  }
  names.delete("");
  return names;
}

/**
 * Offsets of the functions that a table defines. `Elf64_Sym`: name u32, info u8 (binding << 4 | type), other u8, section u16,
 * value u64, size u64.
 */
function* functionsOf({ symbols }: SymbolTable): Iterable<number> {
  for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
    const defined = symbols.readUInt16LE(at + 6) !== 0;
    if (defined && ((symbols[at + 4] ?? 0) & 0xf) === STT_FUNC) yield at;
  }
}

/** In `.symtab` linkers write the version into the name: `memcpy@@GLIBC_2.14`. */
function isNamed({ symbols, strings }: SymbolTable, at: number, wanted: Buffer): boolean {
  const start = symbols.readUInt32LE(at);
  const end = start + wanted.length;
  if (end >= strings.length || (strings[end] !== 0 && strings[end] !== AT_SIGN)) return false;
  return wanted.compare(strings, start, end) === 0;
}

function nameAt({ symbols, strings }: SymbolTable, at: number): string {
  const start = symbols.readUInt32LE(at);
  const end = strings.indexOf(0, start);
  return strings.toString("utf8", start, end < 0 ? strings.length : end).replace(/(?<=.)@.*$/, "");
}

function valueAt({ symbols }: SymbolTable, at: number): number {
  return Number(symbols.readBigUInt64LE(at + 8));
}

/** 3 exported, 2 exported as an older version, 1 static. */
function rankOf(table: SymbolTable, at: number): number {
  if ((table.symbols[at + 4] ?? 0) >> 4 === STB_LOCAL) return 1;
  const versionAt = (at / SYMBOL_BYTES) * 2;
  const version =
    table.versions !== undefined && versionAt + 2 <= table.versions.length ? table.versions.readUInt16LE(versionAt) : 0;
  if ((version & HIDDEN_VERSION) !== 0) return 2;
  const nameEnd = table.strings.indexOf(0, table.symbols.readUInt32LE(at));
  const inName = table.strings.toString("latin1", table.symbols.readUInt32LE(at), nameEnd);
  return /[^@]@[^@]/.test(inName) ? 2 : 3;
}

/** A uprobe is placed at an offset of the file, a symbol's value is an address of the mapped file. */
function fileOffsetOf(segments: readonly Segment[], value: number): number | undefined {
  const segment = segments.find(
    ({ virtualAddress, fileBytes }) => value >= virtualAddress && value < virtualAddress + fileBytes,
  );
  return segment === undefined ? undefined : value - segment.virtualAddress + segment.fileOffset;
}
