import { closeSync, chmodSync, ftruncateSync, openSync, writeSync } from "node:fs";

const MIB = 1 << 20;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
/** of everything but the ELF header and the program header */
const DATA_OFFSET = 4096;

interface Section {
  readonly type: "null" | "symtab" | "strtab" | "note";
  readonly offset: number;
  readonly bytes: number;
  readonly link?: number;
}

/** `sh_type` of elf(5). */
const SECTION_TYPES = { null: 0, symtab: 2, strtab: 3, note: 7 } as const;

/** Files that an ELF reader must not be hurt by, by name. */
export const ATTACK_FILES: Readonly<Record<string, (path: string) => void>> = {
  // One symbol table and one string table of 256 MiB each, of holes.
  "large-tables": (path) =>
    writeElf(path, {
      sections: [
        { type: "null", offset: 0, bytes: 0 },
        { type: "symtab", offset: 0, bytes: wholeSymbols(256 * MIB), link: 2 },
        { type: "strtab", offset: 0, bytes: 256 * MIB },
      ],
      fileBytes: 300 * MIB,
    }),
  "many-tables": (path) =>
    writeElf(path, {
      sections: [
        { type: "null", offset: 0, bytes: 0 },
        ...Array.from({ length: 64 }, (): Section => {
          return { type: "symtab", offset: DATA_OFFSET, bytes: wholeSymbols(200 * MIB), link: 65 };
        }),
        { type: "strtab", offset: 0, bytes: 64 },
      ],
      fileBytes: 260 * MIB,
    }),
  // 100,000 functions with one name of 10 MiB.
  "long-names": (path) => {
    const strings = Buffer.from(`\0readline_internal_teardown@${"A".repeat(10 * MIB)}\0`);
    const symbols = Buffer.concat([symbol(0), ...Array.from({ length: 100_000 }, () => symbol(1))]);
    writeElf(path, {
      sections: [
        { type: "null", offset: 0, bytes: 0 },
        { type: "symtab", offset: DATA_OFFSET, bytes: symbols.length, link: 2 },
        { type: "strtab", offset: DATA_OFFSET + symbols.length, bytes: strings.length },
      ],
      data: Buffer.concat([symbols, strings]),
    });
  },
  notes: (path) =>
    writeElf(path, {
      sections: [
        { type: "null", offset: 0, bytes: 0 },
        ...Array.from({ length: 40 }, (): Section => ({ type: "note", offset: DATA_OFFSET, bytes: 200 * MIB })),
      ],
      fileBytes: 260 * MIB,
    }),
};

function wholeSymbols(bytes: number): number {
  return bytes - (bytes % SYMBOL_BYTES);
}

/** `Elf64_Sym` of a global function. */
function symbol(nameOffset: number): Buffer {
  const bytes = Buffer.alloc(SYMBOL_BYTES);
  bytes.writeUInt32LE(nameOffset, 0);
  bytes.writeUInt8(nameOffset === 0 ? 0 : 0x12, 4);
  bytes.writeUInt16LE(nameOffset === 0 ? 0 : 1, 6);
  bytes.writeBigUInt64LE(0x2000n, 8);
  bytes.writeBigUInt64LE(64n, 16);
  return bytes;
}

interface ElfFile {
  readonly sections: readonly Section[];
  /** from DATA_OFFSET on */
  readonly data?: Buffer;
  /** the size of the file, where it ends in a hole */
  readonly fileBytes?: number;
}

function writeElf(path: string, { sections, data = Buffer.alloc(0), fileBytes }: ElfFile): void {
  const sectionsOffset = DATA_OFFSET + data.length;
  const fd = openSync(path, "w", 0o755);
  writeSync(fd, elfHeader(sectionsOffset, sections.length), 0, undefined, 0);
  writeSync(fd, data, 0, data.length, DATA_OFFSET);
  const headers = Buffer.concat(sections.map(sectionHeader));
  writeSync(fd, headers, 0, headers.length, sectionsOffset);
  if (fileBytes !== undefined) ftruncateSync(fd, fileBytes);
  closeSync(fd);
  chmodSync(path, 0o755);
}

/** `Elf64_Ehdr` of an x86-64 shared object with one `Elf64_Phdr` that maps all of the file. */
function elfHeader(sectionsOffset: number, sections: number): Buffer {
  const bytes = Buffer.alloc(64 + 56);
  Buffer.from("\x7fELF\x02\x01\x01", "latin1").copy(bytes);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(62, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(BigInt(sectionsOffset), 40);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt16LE(SECTION_HEADER_BYTES, 58);
  bytes.writeUInt16LE(sections, 60);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(5, 68);
  bytes.writeBigUInt64LE(1n << 40n, 96);
  bytes.writeBigUInt64LE(1n << 40n, 104);
  return bytes;
}

function sectionHeader({ type, offset, bytes, link = 0 }: Section): Buffer {
  const header = Buffer.alloc(SECTION_HEADER_BYTES);
  header.writeUInt32LE(SECTION_TYPES[type], 4);
  header.writeBigUInt64LE(BigInt(offset), 24);
  header.writeBigUInt64LE(BigInt(bytes), 32);
  header.writeUInt32LE(link, 40);
  return header;
}
