/*
 * A BTF blob (Documentation/bpf/btf.rst), little-endian: header, types, strings.
 *
 *   u16 magic 0xeb9f · u8 version 1 · u8 flags 0 · u32 header bytes 24
 *   u32 types offset · u32 types bytes · u32 strings offset · u32 strings bytes
 *
 * Offsets count from the end of the header. A type is u32 name · u32 info = kind << 24 | member
 * count, bit 31 for a flag · u32 size or type · the words that its kind adds.
 */
const HEADER_BYTES = 24;
const KIND = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
} as const;

const INT_SIGNED = 1 << 24;
const GLOBAL = 1;

const ENCODER = new TextEncoder();

export interface StructMember {
  readonly name: string;
  readonly type: number;
  readonly byteOffset: number;
}

export interface SectionVariable {
  readonly type: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Builds a BTF blob. Types get their ids in the order in which they are added, from 1. */
export class BtfBuilder {
  #types: number[] = [];
  #count = 0;
  #strings: Uint8Array[] = [new Uint8Array(1)];
  #stringBytes = 1;
  readonly #offsets = new Map<string, number>([["", 0]]);

  /**
   * Returns a builder that continues a blob made by this class: ids and string offsets of the blob
   * stay as they are.
   */
  static from(blob: Uint8Array): BtfBuilder {
    const builder = new BtfBuilder();
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    const typeBytes = view.getUint32(12, true);
    const strings = blob.subarray(HEADER_BYTES + typeBytes);
    builder.#types = Array.from({ length: typeBytes / 4 }, (_, index) =>
      view.getUint32(HEADER_BYTES + 4 * index, true),
    );
    builder.#count = countTypes(builder.#types);
    builder.#strings = [strings];
    builder.#stringBytes = strings.length;
    return builder;
  }

  /** Adds a string, once, and returns its offset. */
  string(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const bytes = ENCODER.encode(`${text.replaceAll("\0", " ")}\0`);
    const offset = this.#stringBytes;
    this.#offsets.set(text, offset);
    this.#strings.push(bytes);
    this.#stringBytes += bytes.length;
    return offset;
  }

  int(name: string, bytes: number, signed: boolean): number {
    return this.#add(name, KIND.int, 0, bytes, [(signed ? INT_SIGNED : 0) | (8 * bytes)]);
  }

  pointer(to: number): number {
    return this.#add("", KIND.pointer, 0, to, []);
  }

  array(element: number, index: number, count: number): number {
    return this.#add("", KIND.array, 0, 0, [element, index, count]);
  }

  struct(name: string, bytes: number, members: readonly StructMember[]): number {
    const words = members.flatMap((member) => [this.string(member.name), member.type, 8 * member.byteOffset]);
    return this.#add(name, KIND.struct, members.length, bytes, words);
  }

  prototype(returns: number, parameters: readonly { readonly name: string; readonly type: number }[]): number {
    const words = parameters.flatMap((parameter) => [this.string(parameter.name), parameter.type]);
    return this.#add("", KIND.prototype, parameters.length, returns, words);
  }

  /** Adds a function; `name` must be a C identifier. */
  function(name: string, prototype: number): number {
    return this.#add(name, KIND.function, GLOBAL, prototype, []);
  }

  variable(name: string, type: number): number {
    return this.#add(name, KIND.variable, 0, type, [GLOBAL]);
  }

  section(name: string, bytes: number, variables: readonly SectionVariable[]): number {
    const words = variables.flatMap((variable) => [variable.type, variable.offset, variable.bytes]);
    return this.#add(name, KIND.section, variables.length, bytes, words);
  }

  finish(): Uint8Array {
    const typeBytes = 4 * this.#types.length;
    const blob = new Uint8Array(HEADER_BYTES + typeBytes + this.#stringBytes);
    const view = new DataView(blob.buffer);
    view.setUint16(0, 0xeb9f, true);
    view.setUint8(2, 1);
    [HEADER_BYTES, 0, typeBytes, typeBytes, this.#stringBytes, ...this.#types].forEach((word, index) => {
      view.setUint32(4 + 4 * index, word, true);
    });
    let at = HEADER_BYTES + typeBytes;
    for (const bytes of this.#strings) {
      blob.set(bytes, at);
      at += bytes.length;
    }
    return blob;
  }

  #add(name: string, kind: number, count: number, sizeOrType: number, words: readonly number[]): number {
    this.#types.push(this.string(name), (kind << 24) | count, sizeOrType, ...words);
    return ++this.#count;
  }
}

/**
 * The number of words after the three that every type has, by its kind and member count, for the
 * kinds that are built here.
 */
const EXTRA_WORDS: Readonly<Record<number, (count: number) => number>> = {
  [KIND.int]: () => 1,
  [KIND.pointer]: () => 0,
  [KIND.array]: () => 3,
  [KIND.struct]: (count) => 3 * count,
  [KIND.function]: () => 0,
  [KIND.prototype]: (count) => 2 * count,
  [KIND.variable]: () => 1,
  [KIND.section]: (count) => 3 * count,
};

function countTypes(words: readonly number[]): number {
  let types = 0;
  for (let at = 0; at < words.length; types++) {
    const info = words[at + 1] ?? 0;
    const extra = EXTRA_WORDS[(info >>> 24) & 0x1f];
    if (extra === undefined) throw new Error("the blob holds a kind of type that is not built here");
    at += 3 + extra(info & 0xffff);
  }
  return types;
}
