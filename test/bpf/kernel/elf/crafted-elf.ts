import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A section header, where it differs from zeros. */
export interface CraftedSection {
  readonly type: number;
  readonly offset: number;
  readonly bytes: number;
  readonly link?: number;
}

export const SYMTAB = 2;
export const STRTAB = 3;
export const NOTE = 7;
/** where `data` begins */
export const DATA_AT = 4096;
const EXECUTABLE = 0x12;

/** Writes an ELF file of our making, with holes where nothing is written. */
export function writeElf(
  path: string,
  {
    sections,
    data = Buffer.alloc(0),
    bytes = 0,
    sectionCount = sections.length,
  }: {
    readonly sections: readonly CraftedSection[];
    readonly data?: Buffer;
    readonly bytes?: number;
    /** what the file says, where that is more than there are */
    readonly sectionCount?: number;
  },
): void {
  const sectionsAt = DATA_AT + data.length;
  const headers = Buffer.concat(sections.map(sectionHeader));
  if (sectionCount >= 65_536) headers.writeBigUInt64LE(BigInt(sectionCount), 32);
  const file = openSync(path, "w", 0o755);
  try {
    writeSync(file, fileHeader(sectionsAt, sectionCount < 65_536 ? sectionCount : 0), 0, undefined, 0);
    writeSync(file, segment(), 0, undefined, 64);
    writeSync(file, data, 0, undefined, DATA_AT);
    writeSync(file, headers, 0, undefined, sectionsAt);
    if (bytes > sectionsAt + headers.length) ftruncateSync(file, bytes);
  } finally {
    closeSync(file);
  }
}

/** `Elf64_Sym` of a global function at 0x2000 + `at`. */
export function symbol(nameAt: number, at = 0): Buffer {
  const entry = Buffer.alloc(24);
  entry.writeUInt32LE(nameAt, 0);
  entry[4] = EXECUTABLE;
  entry.writeUInt16LE(1, 6);
  entry.writeBigUInt64LE(BigInt(0x2000 + at), 8);
  entry.writeBigUInt64LE(64n, 16);
  return entry;
}

/** A note of a static probe `p:n`. */
export function probeNote(index: number, probeArguments: string): Buffer {
  const numbers = Buffer.from(BigUint64Array.of(BigInt(0x2000 + index), 0n, 0n).buffer);
  const description = padded(Buffer.concat([numbers, Buffer.from(`p\0n\0${probeArguments}\0`)]));
  const header = Buffer.from(Uint32Array.of(8, description.length, 3).buffer);
  return Buffer.concat([header, Buffer.from("stapsdt\0"), description]);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** `Elf64_Ehdr` of an executable for x86-64 with one segment. */
function fileHeader(sectionsAt: number, count: number): Buffer {
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", 0, "latin1");
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(64n, 32);
  header.writeBigUInt64LE(BigInt(sectionsAt), 40);
  for (const [at, value] of [[52, 64], [54, 56], [56, 1], [58, 64], [60, count]] as const) header.writeUInt16LE(value, at); // prettier-ignore
  return header;
}

/** `Elf64_Phdr` that loads everything at its own offset. */
function segment(): Buffer {
  const header = Buffer.alloc(56);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(5, 4);
  header.writeBigUInt64LE(1n << 40n, 32);
  header.writeBigUInt64LE(1n << 40n, 40);
  return header;
}

function sectionHeader({ bytes, link = 0, offset, type }: CraftedSection): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(type, 4);
  header.writeBigUInt64LE(BigInt(offset), 24);
  header.writeBigUInt64LE(BigInt(bytes), 32);
  header.writeUInt32LE(link, 40);
  return header;
}
