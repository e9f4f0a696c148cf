import type { SymbolTable } from "./elf-image.ts";
import type { TableEntry } from "./symbol-table.ts";

const AT_SIGN = "@";
const HIDDEN_VERSION = 0x8000;
/** more than the definitions of any library need */
const MOST_BYTES = 1 << 20;

/**
 * True if a symbol's version is not the default. `.gnu.version` has a marked u16 for such a symbol
 * of `.dynsym`; in `.symtab` a single `@` in the name says so.
 */
export function isOlderVersion({ versions }: SymbolTable, { index }: TableEntry, written: Buffer): boolean {
  if (versions === undefined) return isOlderName(written.toString("latin1"));
  const version = versions.slice(2 * index, 2);
  return version.length === 2 && version.readUInt16LE(0) >= HIDDEN_VERSION;
}

/** True if programs are no longer linked to a name's version: `memcpy@GLIBC_2.2.5`. */
function isOlderName(written: string): boolean {
  const at = written.indexOf(AT_SIGN, 1);
  return at > 0 && at + 1 < written.length && written[at + 1] !== AT_SIGN;
}

/** Returns the version of a symbol, such as `GLIBC_2.2.5`, or undefined for one without. */
export function versionOf(table: SymbolTable, { index }: TableEntry, written: Buffer): string | undefined {
  if (table.versions === undefined) return versionIn(written.toString("latin1"));
  const version = table.versions.slice(2 * index, 2);
  return version.length === 2 ? versionNames(table).get(version.readUInt16LE(0) & ~HIDDEN_VERSION) : undefined;
}

/** Returns the version in a name such as `memcpy@GLIBC_2.2.5` or `memcpy@@GLIBC_2.14`. */
function versionIn(written: string): string | undefined {
  const at = written.indexOf("@");
  if (at < 0) return undefined;
  return written.slice(written[at + 1] === "@" ? at + 2 : at + 1) || undefined;
}

/**
 * Returns the names of the versions that a file defines, by their number. `Elf64_Verdef`: version
 * u16, flags u16, index u16, count u16, hash u32, offset of the first `Elf64_Verdaux` u32, offset
 * of the next u32. `Elf64_Verdaux` begins with the offset of its name in the strings of the
 * symbols.
 */
function versionNames({ definitions, strings }: SymbolTable): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const bytes = definitions?.slice(0, MOST_BYTES) ?? Buffer.alloc(0);
  for (let at = 0; at + 20 <= bytes.length;) {
    const auxiliary = at + bytes.readUInt32LE(at + 12);
    if (auxiliary + 4 > bytes.length) break;
    const text = strings.slice(bytes.readUInt32LE(auxiliary), 256);
    names.set(bytes.readUInt16LE(at + 4), text.toString("latin1", 0, Math.max(0, text.indexOf(0))));
    const next = bytes.readUInt32LE(at + 16);
    if (next === 0) break;
    at += next;
  }
  return names;
}
