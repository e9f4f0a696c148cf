import { LIMITS } from "../limits.ts";
import { SYMBOL_BYTES, type SymbolTable } from "./elf-image.ts";

/**
 * An entry of a symbol table. `Elf64_Sym`: name u32, info u8 (binding << 4 | type), other u8,
 * section u16, value u64, size u64.
 */
export interface TableEntry {
  readonly index: number;
  /** offset of its name in the table's strings */
  readonly nameAt: number;
  readonly value: number;
  readonly bytes: number;
  readonly isLocal: boolean;
  /** STT_GNU_IFUNC: its address is that of the resolver function */
  readonly isIndirect: boolean;
  /** offset of the name of its source file, for local symbols (STB_LOCAL) of a known file */
  readonly fileAt?: number;
}

const STT_FUNC = 2;
/** the name of a source file; its local symbols come after it */
const STT_FILE = 4;
const STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
/** symbols that are read at once */
const PIECE = 2048;

/** Yields the symbols that a table defines: functions, or all kinds. */
export function* entriesOf({ symbols }: SymbolTable, which: "functions" | "all"): Iterable<TableEntry> {
  const count = Math.floor(symbols.bytes / SYMBOL_BYTES);
  let fileAt: number | undefined;
  for (let first = 0; first < count; first += PIECE) {
    const piece = symbols.slice(first * SYMBOL_BYTES, PIECE * SYMBOL_BYTES);
    for (let at = 0; at + SYMBOL_BYTES <= piece.length; at += SYMBOL_BYTES) {
      const info = piece[at + 4] ?? 0;
      const type = info & 0xf;
      if (type === STT_FILE) fileAt = piece.readUInt32LE(at);
      const isWanted = which === "all" || type === STT_FUNC || type === STT_GNU_IFUNC;
      if (isWanted && piece.readUInt16LE(at + 6) !== 0) yield entry(piece, at, first + at / SYMBOL_BYTES, fileAt);
    }
  }
}

/** Returns the entry at an index that `entriesOf` gave. */
export function entryAt({ symbols }: SymbolTable, index: number): TableEntry | undefined {
  const bytes = symbols.slice(index * SYMBOL_BYTES, SYMBOL_BYTES);
  return bytes.length < SYMBOL_BYTES ? undefined : entry(bytes, 0, index);
}

function entry(piece: Buffer, at: number, index: number, fileAt?: number): TableEntry {
  const info = piece[at + 4] ?? 0;
  const isLocal = info >> 4 === STB_LOCAL;
  return {
    index,
    nameAt: piece.readUInt32LE(at),
    value: wordAt(piece, at + 8),
    bytes: wordAt(piece, at + 16),
    isLocal,
    ...(isLocal && fileAt !== undefined && { fileAt }),
    isIndirect: (info & 0xf) === STT_GNU_IFUNC,
  };
}

/** Reads a 64-bit number without a bigint: addresses of user space fit a double. */
const wordAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;

const AT_SIGN = 0x40;
/** Nearly all names end within this many bytes. More is read only for the others. */
const SHORT = 128;

/**
 * Returns a name as it is stored in the table. Linkers add a version to names in `.symtab`, such as
 * `memcpy@@GLIBC_2.14`. A name longer than the limit of bytes for names is cut.
 */
export function writtenNameAt({ strings }: SymbolTable, nameAt: number): Buffer {
  for (const most of [SHORT, LIMITS.elf.nameBytes]) {
    const bytes = strings.slice(nameAt, most);
    const end = bytes.indexOf(0);
    if (end >= 0 || bytes.length < most) return bytes.subarray(0, end < 0 ? bytes.length : end);
  }
  return strings.slice(nameAt, LIMITS.elf.nameBytes);
}

/** Returns a name without its version. */
export function bareName(written: Buffer): Buffer {
  const at = written.indexOf(AT_SIGN, 1);
  return at < 0 ? written : written.subarray(0, at);
}
