import type { Architecture } from "../kernel.ts";
import { LIMITS } from "../limits.ts";
import { BeyondLimit, FilePart, readRange, type FileBytes } from "./file-reader.ts";

/**
 * The parts of a 64-bit little-endian ELF file that symbols need. Its tables are read when they are
 * asked for: a program may have gigabytes.
 */
export interface ElfImage {
  readonly architecture: Architecture;
  readonly segments: readonly Segment[];
  readonly symbolTables: readonly SymbolTable[];
  /** true if it has no `.symtab`: only exported functions have a name */
  readonly isStripped: boolean;
  /** raw bytes of `SHT_NOTE` sections */
  readonly notes: readonly Buffer[];
  /**
   * address of `.stapsdt.base`; it corrects the addresses in the notes of static probes after
   * prelinking
   */
  readonly probeBase?: number;
}

/** A `PT_LOAD` program header. */
export interface Segment {
  readonly virtualAddress: number;
  readonly fileOffset: number;
  readonly fileBytes: number;
}

/**
 * The bytes of `.symtab` or `.dynsym`, of their strings, and of `.gnu.version` if it belongs to
 * this table.
 */
export interface SymbolTable {
  readonly symbols: FilePart;
  readonly strings: FilePart;
  readonly versions?: FilePart;
  /** `.gnu.version_d`: names of the versions that the file defines */
  readonly definitions?: FilePart;
}

interface Section {
  /** offset of its name in the table of section names */
  readonly name: number;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly bytes: number;
  readonly link: number;
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
export const SYMBOL_BYTES = 24;
/** EM_X86_64 and EM_AARCH64 */
const MACHINES: Readonly<Record<number, Architecture>> = { 62: "x86_64", 183: "aarch64" };
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_DYNSYM = 11;
const SHT_GNU_VERDEF = 0x6ffffffd;
const SHT_GNU_VERSYM = 0x6fffffff;

/** Reads the headers of a file. Returns a text that says why the file cannot be used. */
export function readElfImage(file: FileBytes): ElfImage | string {
  try {
    return readImage(file);
  } catch (error) {
    if (error instanceof BeyondLimit) return error.message;
    throw error;
  }
}

function readImage(file: FileBytes): ElfImage | string {
  const header = readRange(file, 0, Math.min(HEADER_BYTES, file.bytes));
  const fault = header === undefined ? "not an ELF file" : headerFault(header);
  if (header === undefined || fault !== undefined) return fault ?? "not an ELF file";
  const architecture = MACHINES[header.readUInt16LE(18)] ?? "x86_64";
  const segments = readSegments(file, header);
  const sections = readSections(file, header);
  const symbolTables = sections === undefined ? undefined : readSymbolTables(file, sections);
  const notes = sections === undefined ? undefined : readNotes(file, sections);
  if (segments === undefined || sections === undefined || symbolTables === undefined || notes === undefined) {
    return "a damaged ELF file";
  }
  const base = findSection(file, sections, header.readUInt16LE(62), ".stapsdt.base");
  const isStripped = !sections.some(({ type }) => type === SHT_SYMTAB);
  return {
    architecture,
    segments,
    symbolTables,
    isStripped,
    notes,
    ...(base !== undefined && { probeBase: base.address }),
  };
}

function headerFault(header: Buffer): string | undefined {
  if (header.length < 20 || header.toString("latin1", 0, 4) !== "\x7fELF") return "not an ELF file";
  if (header[4] !== 2 || header[5] !== 1) return "not a 64-bit little-endian ELF file";
  if (header.length < HEADER_BYTES) return "a damaged ELF file";
  return header.readUInt16LE(18) in MACHINES ? undefined : "an ELF file for neither x86-64 nor aarch64";
}

/** Returns the count if it is within the limit. Throws BeyondLimit. */
function atMost(count: number, limit: number, what: string): number {
  if (count > limit) throw new BeyondLimit(`it has more than ${limit} ${what}`);
  return count;
}

function readSegments(file: FileBytes, header: Buffer): readonly Segment[] | undefined {
  const count = atMost(header.readUInt16LE(56), LIMITS.elf.segments, "segments");
  const table = readRange(file, offsetAt(header, 32), count * PROGRAM_HEADER_BYTES);
  return table === undefined
    ? undefined
    : records(table, PROGRAM_HEADER_BYTES)
        .filter((entry) => entry.readUInt32LE(0) === PT_LOAD)
        .map((entry) => ({
          fileOffset: offsetAt(entry, 8),
          virtualAddress: offsetAt(entry, 16),
          fileBytes: offsetAt(entry, 32),
        }));
}

/**
 * Reads the section headers. A count of 0 with a table present means that the first section's size
 * holds the count (ELF extended numbering).
 */
function readSections(file: FileBytes, header: Buffer): readonly Section[] | undefined {
  const start = offsetAt(header, 40);
  if (start === 0) return [];
  const first = readRange(file, start, SECTION_HEADER_BYTES);
  if (first === undefined) return undefined;
  const count = atMost(header.readUInt16LE(60) || offsetAt(first, 32), LIMITS.elf.sections, "sections");
  const table = readRange(file, start, count * SECTION_HEADER_BYTES);
  return table === undefined ? undefined : records(table, SECTION_HEADER_BYTES).map(readSection);
}

function readSection(entry: Buffer): Section {
  return {
    name: entry.readUInt32LE(0),
    type: entry.readUInt32LE(4),
    address: offsetAt(entry, 16),
    offset: offsetAt(entry, 24),
    bytes: offsetAt(entry, 32),
    link: entry.readUInt32LE(40),
  };
}

/** Returns the symbol tables, `.dynsym` first: users of a file mean what it exports. */
function readSymbolTables(file: FileBytes, sections: readonly Section[]): readonly SymbolTable[] | undefined {
  const found = [SHT_DYNSYM, SHT_SYMTAB].flatMap((wanted) =>
    [...sections.entries()].filter(([, { type }]) => type === wanted),
  );
  atMost(found.length, LIMITS.elf.symbolTables, "symbol tables");
  const bytes = found.reduce((sum, [, section]) => sum + section.bytes, 0);
  const tables = found.map(([index, section]) => readSymbolTable(file, sections, section, index));
  if (!tables.every((table) => table !== undefined)) return undefined;
  atMost(bytes / SYMBOL_BYTES, LIMITS.elf.symbols, "symbols");
  return tables;
}

function readSymbolTable(
  file: FileBytes,
  sections: readonly Section[],
  section: Section,
  index: number,
): SymbolTable | undefined {
  const names = sections[section.link];
  const symbols = FilePart.of(file, section.offset, section.bytes);
  const strings = names === undefined ? undefined : FilePart.of(file, names.offset, names.bytes);
  if (symbols === undefined || strings === undefined) return undefined;
  const versioning = sections.find(({ type, link }) => type === SHT_GNU_VERSYM && link === index);
  const versions = versioning === undefined ? undefined : FilePart.of(file, versioning.offset, versioning.bytes);
  const defining = sections.find(({ type }) => versioning !== undefined && type === SHT_GNU_VERDEF);
  const definitions = defining === undefined ? undefined : FilePart.of(file, defining.offset, defining.bytes);
  return { symbols, strings, ...(versions && { versions }), ...(definitions && { definitions }) };
}

function readNotes(file: FileBytes, sections: readonly Section[]): readonly Buffer[] | undefined {
  const found = sections.filter(({ type }) => type === SHT_NOTE);
  if (found.some(({ bytes, offset }) => !(offset + bytes <= file.bytes))) return undefined;
  const total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  atMost(total, LIMITS.elf.noteBytes, "bytes of notes");
  const notes = found.map(({ offset, bytes }) => readRange(file, offset, bytes));
  return notes.every((note) => note !== undefined) ? notes : undefined;
}

/**
 * Finds a section by name.
 *
 * @param namesIndex index of the section that holds the names of sections
 */
function findSection(
  file: FileBytes,
  sections: readonly Section[],
  namesIndex: number,
  wanted: string,
): Section | undefined {
  const table = sections[namesIndex];
  const names = table === undefined ? undefined : FilePart.of(file, table.offset, table.bytes);
  if (names === undefined) return undefined;
  const text = `${wanted}\0`;
  return sections.find(({ name }) => names.slice(name, text.length).toString("latin1") === text);
}

/** Reads an offset or address as a double, which holds it exactly: user space ends at 2^57. */
function offsetAt(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}

function records(table: Buffer, bytes: number): readonly Buffer[] {
  return Array.from({ length: Math.floor(table.length / bytes) }, (_, index) =>
    table.subarray(index * bytes, (index + 1) * bytes),
  );
}
