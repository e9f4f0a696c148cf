import type { BtfType } from "../btf-type.ts";
import type { Btf, BtfNamedKind, FoundEnumerator } from "../kernel.ts";
import { damaged, openBlob, stringAt, type BtfBlob } from "./blob.ts";
import { offsetInSection } from "./data-section.ts";
import { decodeType } from "./decode-type.ts";
import { indexEnumerators, type EnumeratorIndex } from "./enumerator-index.ts";
import { enumsSaySigns } from "./enum-signs.ts";
import { indexNames, type NameIndex } from "./name-index.ts";
import { BTF_KIND, headAt, scanTypes } from "./type-table.ts";

const NAMED_KINDS: Readonly<Record<BtfNamedKind, readonly number[]>> = {
  int: [BTF_KIND.int],
  struct: [BTF_KIND.struct],
  union: [BTF_KIND.union],
  enum: [BTF_KIND.enum, BTF_KIND.enum64],
  typedef: [BTF_KIND.typedef],
  function: [BTF_KIND.function],
  variable: [BTF_KIND.variable],
  section: [BTF_KIND.dataSection],
};

/** The section of per-CPU variables (PERCPU_SECTION of include/asm-generic/vmlinux.lds.h). */
const CPU_SECTION = ".data..percpu";

/**
 * Opens a little-endian BTF blob such as `/sys/kernel/btf/vmlinux`. The blob is kept, not copied.
 * Opening checks the header and the extent of every type. Names are indexed at the first lookup,
 * enumerators at the first lookup of one. Throws KernelFactsError, and nothing else, for a damaged
 * blob: here, or when the damaged type is asked for.
 *
 * @param saysSigns true if the enums say whether they are signed; found out if absent
 */
export function openBtf(content: Uint8Array, saysSigns?: boolean): Btf {
  const blob = openBlob(content);
  const positions = scanTypes(blob);
  return new BlobBtf(blob, positions, saysSigns ?? enumsSaySigns(blob, positions));
}

class BlobBtf implements Btf {
  readonly typeCount: number;
  readonly #blob: BtfBlob;
  readonly #positions: Uint32Array;
  readonly #saysSigns: boolean;
  readonly #decoded = new Map<number, BtfType>([[0, { kind: "void" }]]);
  #names: NameIndex | undefined;
  #enumerators: EnumeratorIndex | undefined;

  constructor(blob: BtfBlob, positions: Uint32Array, saysSigns: boolean) {
    this.#blob = blob;
    this.#positions = positions;
    this.#saysSigns = saysSigns;
    this.typeCount = positions.length;
  }

  type(id: number): BtfType {
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    const position = this.#positions[id];
    if (position === undefined) throw damaged(`there is no type ${id}`);
    const type = decodeType(this.#blob, position, this.#saysSigns);
    this.#decoded.set(id, type);
    return type;
  }

  find(kind: BtfNamedKind, name: string): number | undefined {
    const kinds = NAMED_KINDS[kind];
    this.#names ??= indexNames(this.#blob, this.#positions);
    return this.#names.find(name, (id) => kinds.includes(this.#kindOf(id)));
  }

  findAll(kind: BtfNamedKind, name: string): readonly number[] {
    const kinds = NAMED_KINDS[kind];
    this.#names ??= indexNames(this.#blob, this.#positions);
    return this.#names.findAll(name, (id) => kinds.includes(this.#kindOf(id)));
  }

  enumerator(name: string): FoundEnumerator | undefined {
    return this.#enumeratorIndex().find(name);
  }

  enumerators(name: string): readonly FoundEnumerator[] {
    return this.#enumeratorIndex().findAll(name);
  }

  enumeratorNames(): Iterable<string> {
    return this.#enumeratorIndex().names();
  }

  cpuVariableOffset(name: string): number | undefined {
    const [variable, section] = [this.find("variable", name), this.find("section", CPU_SECTION)];
    if (variable === undefined || section === undefined) return undefined;
    return offsetInSection(this.#blob, this.#positions[section] ?? 0, variable);
  }

  *names(kind: BtfNamedKind): Iterable<string> {
    const kinds = NAMED_KINDS[kind];
    for (let id = 1; id < this.typeCount; id++) {
      const head = headAt(this.#blob, this.#positions[id] ?? 0);
      if (head.nameOffset !== 0 && kinds.includes(head.kind)) yield stringAt(this.#blob, head.nameOffset);
    }
  }

  #enumeratorIndex(): EnumeratorIndex {
    this.#enumerators ??= indexEnumerators(this.#blob, this.#positions, this.#saysSigns);
    return this.#enumerators;
  }

  #kindOf(id: number): number {
    return headAt(this.#blob, this.#positions[id] ?? 0).kind;
  }
}
