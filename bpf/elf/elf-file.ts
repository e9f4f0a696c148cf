/*
 * A relocatable 64-bit little-endian ELF file (System V ABI, gABI chapter 4): the header, the
 * sections' bytes, the section headers. Section 0 is empty by definition; `.shstrtab` holds the
 * names.
 */
export interface ElfSection {
  readonly name: string;
  readonly type: SectionType;
  /** SHF_* */
  readonly flags?: number;
  readonly data: Uint8Array;
  /** size of a section without bytes in the file (`nobits`) */
  readonly memoryBytes?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entryBytes?: number;
}

const SECTION_TYPES = { null: 0, progbits: 1, symtab: 2, strtab: 3, nobits: 8, rel: 9 } as const;
export type SectionType = keyof typeof SECTION_TYPES;

export const FLAG_WRITE = 1;
export const FLAG_ALLOC = 2;
export const FLAG_EXECUTE = 4;

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const RELOCATABLE = 1;
const MACHINE_BPF = 247;

/**
 * Returns the bytes of a file with these sections. They get the indexes 1, 2, ... in their order;
 * `.shstrtab` is added at the end.
 */
export function writeElf(given: readonly ElfSection[]): Uint8Array {
  const names = new StringTable();
  const before: readonly ElfSection[] = [{ name: "", type: "null", data: new Uint8Array() }, ...given];
  const nameOffsets = [...before.map(({ name }) => names.add(name)), names.add(".shstrtab")];
  const sections: readonly ElfSection[] = [...before, { name: ".shstrtab", type: "strtab", data: names.bytes() }];
  const { offsets, end } = placeSections(sections);
  const file = new Uint8Array(end + SECTION_HEADER_BYTES * sections.length);
  const view = new DataView(file.buffer);
  writeHeader(view, end, sections.length);
  sections.forEach((section, index) => {
    const offset = offsets[index] ?? 0;
    file.set(section.data, offset);
    writeSectionHeader(view, end + SECTION_HEADER_BYTES * index, section, nameOffsets[index] ?? 0, offset);
  });
  return file;
}

function placeSections(sections: readonly ElfSection[]) {
  let end = HEADER_BYTES;
  const offsets = sections.map(({ data }) => {
    const offset = end;
    end = (end + data.length + 7) & ~7;
    return offset;
  });
  return { offsets, end };
}

function writeHeader(view: DataView, sectionHeaders: number, sectionCount: number): void {
  // magic, 64 bits, little-endian, version 1
  [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].forEach((byte, index) => {
    view.setUint8(index, byte);
  });
  view.setUint16(16, RELOCATABLE, true);
  view.setUint16(18, MACHINE_BPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(sectionHeaders), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, sectionCount, true);
  view.setUint16(62, sectionCount - 1, true);
}

function writeSectionHeader(view: DataView, at: number, section: ElfSection, name: number, offset: number): void {
  if (section.type === "null") return;
  view.setUint32(at, name, true);
  view.setUint32(at + 4, SECTION_TYPES[section.type], true);
  view.setBigUint64(at + 8, BigInt(section.flags ?? 0), true);
  view.setBigUint64(at + 24, BigInt(offset), true);
  view.setBigUint64(at + 32, BigInt(section.memoryBytes ?? section.data.length), true);
  view.setUint32(at + 40, section.link ?? 0, true);
  view.setUint32(at + 44, section.info ?? 0, true);
  view.setBigUint64(at + 48, 8n, true);
  view.setBigUint64(at + 56, BigInt(section.entryBytes ?? 0), true);
}

/** Strings one after another, each with its NUL. The first one is empty. */
export class StringTable {
  #text = "\0";

  /** Adds a string and returns its offset. */
  add(text: string): number {
    if (text === "") return 0;
    const offset = Buffer.byteLength(this.#text);
    this.#text += `${text}\0`;
    return offset;
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }
}
