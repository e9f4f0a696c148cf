import { readSync } from "node:fs";
import type { Architecture } from "../kernel.ts";

/** The parts of a 64-bit little-endian ELF file that symbols need, read with pread: a program may have hundreds of megabytes. */
export interface ElfImage {
  readonly architecture: Architecture;
  readonly segments: readonly Segment[];
  readonly symbolTables: readonly SymbolTable[];
  /** raw bytes of `SHT_NOTE` sections */
  readonly notes: readonly Buffer[];
  /** address of `.stapsdt.base`, by which the addresses in the notes of static probes are corrected after prelinking */
  readonly probeBase?: number;
}

/** A `PT_LOAD` program header. */
export interface Segment {
  readonly virtualAddress: number;
  readonly fileOffset: number;
  readonly fileBytes: number;
}

/** Raw bytes of `.symtab` or `.dynsym`, of the strings that they name, and of `.gnu.version` where it is for this table. */
export interface SymbolTable {
  readonly symbols: Buffer;
  readonly strings: Buffer;
  readonly versions?: Buffer;
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
/** EM_X86_64 and EM_AARCH64 */
const MACHINES: Readonly<Record<number, Architecture>> = { 62: "x86_64", 183: "aarch64" };
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_DYNSYM = 11;
const SHT_GNU_VERSYM = 0x6fffffff;

/** Reads an open file of `fileBytes` bytes. A string says why it cannot be used. */
export function readElfImage(descriptor: number, fileBytes: number): ElfImage | string {
  return readImage({ bytes: fileBytes, read: (into, offset) => readSync(descriptor, into, 0, into.length, offset) });
}

/** The same of a file that is in memory, as the vdso is. */
export function readElfBytes(bytes: Buffer): ElfImage | string {
  return readImage({ bytes: bytes.length, read: (into, offset) => bytes.copy(into, 0, offset) });
}

function readImage(file: File): ElfImage | string {
  const header = read(file, 0, Math.min(HEADER_BYTES, file.bytes));
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
  return { architecture, segments, symbolTables, notes, ...(base !== undefined && { probeBase: base.address }) };
}

function headerFault(header: Buffer): string | undefined {
  if (header.length < 20 || header.toString("latin1", 0, 4) !== "\x7fELF") return "not an ELF file";
  if (header[4] !== 2 || header[5] !== 1) return "not a 64-bit little-endian ELF file";
  if (header.length < HEADER_BYTES) return "a damaged ELF file";
  return header.readUInt16LE(18) in MACHINES ? undefined : "an ELF file for neither x86-64 nor aarch64";
}

function readSegments(file: File, header: Buffer): readonly Segment[] | undefined {
  const table = read(file, offsetAt(header, 32), header.readUInt16LE(56) * PROGRAM_HEADER_BYTES);
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

/** A count of 0 with a table present means that the first section's size holds it (ELF extended numbering). */
function readSections(file: File, header: Buffer): readonly Section[] | undefined {
  const start = offsetAt(header, 40);
  if (start === 0) return [];
  const first = read(file, start, SECTION_HEADER_BYTES);
  if (first === undefined) return undefined;
  const count = header.readUInt16LE(60) || offsetAt(first, 32);
  const table = read(file, start, count * SECTION_HEADER_BYTES);
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

/** `.dynsym` first: what a file exports is what its users mean. */
function readSymbolTables(file: File, sections: readonly Section[]): readonly SymbolTable[] | undefined {
  const tables: SymbolTable[] = [];
  for (const wanted of [SHT_DYNSYM, SHT_SYMTAB]) {
    for (const [index, section] of sections.entries()) {
      if (section.type !== wanted) continue;
      const table = readSymbolTable(file, sections, section, index);
      if (table === undefined) return undefined;
      tables.push(table);
    }
  }
  return tables;
}

function readSymbolTable(
  file: File,
  sections: readonly Section[],
  section: Section,
  index: number,
): SymbolTable | undefined {
  const names = sections[section.link];
  const symbols = read(file, section.offset, section.bytes);
  const strings = names === undefined ? undefined : read(file, names.offset, names.bytes);
  if (symbols === undefined || strings === undefined) return undefined;
  const versioning = sections.find(({ type, link }) => type === SHT_GNU_VERSYM && link === index);
  const versions = versioning === undefined ? undefined : read(file, versioning.offset, versioning.bytes);
  return { symbols, strings, ...(versions === undefined ? {} : { versions }) };
}

function readNotes(file: File, sections: readonly Section[]): readonly Buffer[] | undefined {
  const notes = sections.filter(({ type }) => type === SHT_NOTE).map(({ offset, bytes }) => read(file, offset, bytes));
  return notes.every((note) => note !== undefined) ? notes : undefined;
}

/** @param namesIndex of the section that holds the names of sections */
function findSection(
  file: File,
  sections: readonly Section[],
  namesIndex: number,
  wanted: string,
): Section | undefined {
  const table = sections[namesIndex];
  const names = table === undefined ? undefined : read(file, table.offset, table.bytes);
  if (names === undefined) return undefined;
  const text = `${wanted}\0`;
  return sections.find(({ name }) => names.toString("latin1", name, name + text.length) === text);
}

interface File {
  readonly bytes: number;
  /** gives how many bytes it read */
  readonly read: (into: Buffer, offset: number) => number;
}

/** No symbol table is longer: a sparse file must not make us allocate what it pretends to hold. */
const LONGEST = 256 * 1024 * 1024;

/** Undefined where the range is not wholly within the file, so that a damaged header cannot make us allocate. */
function read(file: File, offset: number, bytes: number): Buffer | undefined {
  if (offset + bytes > file.bytes || bytes > LONGEST) return undefined;
  const buffer = Buffer.alloc(bytes);
  return file.read(buffer, offset) === bytes ? buffer : undefined;
}

/** File offsets and addresses fit a double: user space ends at 2^57. */
function offsetAt(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}

function records(table: Buffer, bytes: number): readonly Buffer[] {
  return Array.from({ length: Math.floor(table.length / bytes) }, (_, index) =>
    table.subarray(index * bytes, (index + 1) * bytes),
  );
}
