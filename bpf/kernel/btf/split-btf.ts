import type { BtfType } from "../btf-type.ts";
import type { Btf, BtfNamedKind, FoundEnumerator } from "../kernel.ts";
import { damaged, openBlob } from "./blob.ts";
import { openBtf } from "./open-btf.ts";

/**
 * Opens the types of a module, `/sys/kernel/btf/MODULE`. Its ids and name offsets continue after
 * those of the kernel (split BTF, 951bb64621b8 "bpf: Add in-kernel split BTF support"). Throws
 * KernelFactsError as `openBtf` does.
 *
 * @param base the kernel's own types, opened
 * @param baseContent the blob that `base` was opened from
 */
export function openSplitBtf(content: Uint8Array, base: Btf, baseContent: Uint8Array): Btf {
  // A module may have no signed enum, so its own enums cannot show whether signs are given.
  return new SplitBtf(base, openBtf(withStringsOf(baseContent, content), true));
}

const HEADER_BYTES = 24;

/**
 * Returns a blob of the module's types alone, whose string section is the kernel's followed by the
 * module's.
 */
function withStringsOf(baseContent: Uint8Array, content: Uint8Array): Buffer {
  const base = openBlob(baseContent);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.byteLength < HEADER_BYTES) throw damaged("it is shorter than its header");
  const [start, typesAt, typesBytes, stringsAt, stringsBytes] = [4, 8, 12, 16, 20].map((at) =>
    view.getUint32(at, true),
  );
  if (start === undefined || typesAt === undefined || typesBytes === undefined) throw damaged("it has no header");
  if (stringsAt === undefined || stringsBytes === undefined) throw damaged("it has no header");
  const types = content.subarray(start + typesAt, start + typesAt + typesBytes);
  const own = content.subarray(start + stringsAt, start + stringsAt + stringsBytes);
  const strings = base.bytes.subarray(base.stringsStart, base.stringsEnd);
  const header = Buffer.from(content.subarray(0, HEADER_BYTES));
  [HEADER_BYTES, 0, types.length, types.length, strings.length + own.length].forEach((value, index) =>
    header.writeUInt32LE(value, 4 + 4 * index),
  );
  return Buffer.concat([header, types, strings, own]);
}

class SplitBtf implements Btf {
  readonly typeCount: number;
  readonly #base: Btf;
  readonly #own: Btf;
  /** added to an id within the module's own types, which begin at 1, to get the id here */
  readonly #shift: number;

  constructor(base: Btf, own: Btf) {
    this.#base = base;
    this.#own = own;
    this.#shift = base.typeCount - 1;
    this.typeCount = this.#shift + own.typeCount;
  }

  type(id: number): BtfType {
    return id <= this.#shift ? this.#base.type(id) : this.#own.type(id - this.#shift);
  }

  find(kind: BtfNamedKind, name: string): number | undefined {
    const own = this.#own.find(kind, name);
    return own === undefined ? this.#base.find(kind, name) : own + this.#shift;
  }

  findAll(kind: BtfNamedKind, name: string): readonly number[] {
    const own = this.#own.findAll(kind, name).map((id) => id + this.#shift);
    return [...own, ...this.#base.findAll(kind, name)];
  }

  enumerator(name: string): FoundEnumerator | undefined {
    const [first] = this.enumerators(name);
    return first;
  }

  enumerators(name: string): readonly FoundEnumerator[] {
    const own = this.#own.enumerators(name).map((each) => ({ ...each, enumId: each.enumId + this.#shift }));
    return [...own, ...this.#base.enumerators(name)];
  }

  *enumeratorNames(): Iterable<string> {
    yield* this.#own.enumeratorNames();
    yield* this.#base.enumeratorNames();
  }

  cpuVariableOffset(name: string): number | undefined {
    return this.#base.cpuVariableOffset(name);
  }

  *names(kind: BtfNamedKind): Iterable<string> {
    yield* this.#own.names(kind);
    yield* this.#base.names(kind);
  }
}
