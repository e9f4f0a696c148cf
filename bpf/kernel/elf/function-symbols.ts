import type { ElfSymbol } from "../kernel.ts";
import type { ElfImage, Segment, SymbolTable } from "./elf-image.ts";

const SYMBOL_BYTES = 24;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
const AT_SIGN = 0x40;
const HIDDEN_VERSION = 0x8000;

/**
 * The function of a name. Of several the one that a caller would be linked to: a default version before an older one, anything
 * exported before a static function. Undefined where that is an indirect one (STT_GNU_IFUNC, as `memcpy` in glibc): its address is
 * that of the resolver, which runs once. The tables are searched as they are: a probe asks for one name of maybe 100,000.
 */
export function findFunction(image: ElfImage, name: string): ElfSymbol | undefined {
  const wanted = Buffer.from(name);
  let best: { readonly rank: number; readonly table: SymbolTable; readonly at: number } | undefined;
  for (const table of image.symbolTables) {
    for (const at of functionsOf(table)) {
      if (!isNamed(table, at, wanted)) continue;
      const rank = rankOf(table, at);
      if (rank > (best?.rank ?? 0)) best = { rank, table, at };
    }
  }
  if (best === undefined || isIndirect(best.table, best.at)) return undefined;
  const fileOffset = fileOffsetOf(image.segments, valueAt(best.table, best.at));
  const bytes = Number(best.table.symbols.readBigUInt64LE(best.at + 16));
  return fileOffset === undefined ? undefined : { name, fileOffset, bytes };
}

/** The address of a symbol of any type that the file defines, such as a variable's; undefined where it has none of that name. */
export function symbolAddress(image: ElfImage, name: string): number | undefined {
  const wanted = Buffer.from(name);
  for (const table of image.symbolTables) {
    const { symbols } = table;
    for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
      if (symbols.readUInt16LE(at + 6) !== 0 && isNamed(table, at, wanted)) return valueAt(table, at);
    }
  }
  return undefined;
}

/** All functions, each as `findFunction` finds it; what that does not find is left out. */
export function allFunctions(image: ElfImage): readonly ElfSymbol[] {
  const best = new Map<string, { readonly rank: number; readonly table: SymbolTable; readonly at: number }>();
  for (const table of image.symbolTables) {
    for (const at of functionsOf(table)) {
      const name = nameAt(table, at);
      const rank = rankOf(table, at);
      if (name !== "" && rank > (best.get(name)?.rank ?? 0)) best.set(name, { rank, table, at });
    }
  }
  return [...best].flatMap(([name, { table, at }]) => {
    const fileOffset = isIndirect(table, at) ? undefined : fileOffsetOf(image.segments, valueAt(table, at));
    return fileOffset === undefined ? [] : [{ name, fileOffset }];
  });
}

/** Names of all functions that `findFunction` finds, each once. */
export function functionNames(image: ElfImage): ReadonlySet<string> {
  const names = new Set<string>();
  const indirect = new Set<string>();
  for (const table of image.symbolTables) {
    for (const at of functionsOf(table)) {
      if (!isIndirect(table, at)) names.add(nameAt(table, at));
      else if (rankOf(table, at) === EXPORTED) indirect.add(nameAt(table, at));
    }
  }
  return names.difference(indirect.add(""));
}

/**
 * Offsets of the functions that a table defines. `Elf64_Sym`: name u32, info u8 (binding << 4 | type), other u8, section u16,
 * value u64, size u64.
 */
export function* functionsOf({ symbols }: SymbolTable): Iterable<number> {
  for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
    const defined = symbols.readUInt16LE(at + 6) !== 0;
    const type = (symbols[at + 4] ?? 0) & 0xf;
    if (defined && (type === STT_FUNC || type === STT_GNU_IFUNC)) yield at;
  }
}

function isIndirect({ symbols }: SymbolTable, at: number): boolean {
  return ((symbols[at + 4] ?? 0) & 0xf) === STT_GNU_IFUNC;
}

/** In `.symtab` linkers write the version into the name: `memcpy@@GLIBC_2.14`. */
function isNamed({ symbols, strings }: SymbolTable, at: number, wanted: Buffer): boolean {
  const start = symbols.readUInt32LE(at);
  const end = start + wanted.length;
  if (end >= strings.length || (strings[end] !== 0 && strings[end] !== AT_SIGN)) return false;
  return wanted.compare(strings, start, end) === 0;
}

export function nameAt(table: SymbolTable, at: number): string {
  return writtenNameAt(table, at).replace(/(?<=.)@.*$/, "");
}

function writtenNameAt({ symbols, strings }: SymbolTable, at: number): string {
  const start = symbols.readUInt32LE(at);
  const end = strings.indexOf(0, start);
  return strings.toString("utf8", start, end < 0 ? strings.length : end);
}

function valueAt({ symbols }: SymbolTable, at: number): number {
  return Number(symbols.readBigUInt64LE(at + 8));
}

const EXPORTED = 3;
const EXPORTED_OLDER = 2;
const STATIC = 1;

function rankOf(table: SymbolTable, at: number): number {
  if ((table.symbols[at + 4] ?? 0) >> 4 === STB_LOCAL) return STATIC;
  return isOlderVersion(table, at) ? EXPORTED_OLDER : EXPORTED;
}

/** `.gnu.version` has a u16 for each symbol of `.dynsym`, marked where it is not the default; in `.symtab` one `@` says so. */
function isOlderVersion(table: SymbolTable, at: number): boolean {
  const versionAt = (at / SYMBOL_BYTES) * 2;
  const { versions } = table;
  if (versions !== undefined)
    return versionAt < versions.length - 1 && versions.readUInt16LE(versionAt) >= HIDDEN_VERSION;
  return /[^@]@[^@]/.test(writtenNameAt(table, at));
}

/** A uprobe is placed at an offset of the file, a symbol's value is an address of the mapped file. */
export function fileOffsetOf(segments: readonly Segment[], value: number): number | undefined {
  const segment = segments.find(
    ({ virtualAddress, fileBytes }) => value >= virtualAddress && value < virtualAddress + fileBytes,
  );
  return segment === undefined ? undefined : value - segment.virtualAddress + segment.fileOffset;
}
