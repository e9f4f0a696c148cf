import { stringPosition, type BtfBlob } from "./blob.ts";

/** Finds records of a blob by name. */
export interface NameIndex {
  /** Returns the first record (its index in `positions`) of this name that `accept` takes. */
  find(name: string, accept: (record: number) => boolean): number | undefined;
  /** All of them, from the first on. */
  findAll(name: string, accept: (record: number) => boolean): readonly number[];
}

/**
 * Indexes records whose first u32 is a name offset: types, or enumerators. The index is a hash
 * table with chains over the raw bytes of the names. It has two Int32Arrays and no string, since a
 * kernel has more than 100,000 names and a rule asks for ten.
 */
export function indexNames(blob: BtfBlob, positions: Uint32Array): NameIndex {
  const heads = new Int32Array(tableSize(positions.length)).fill(-1);
  const next = new Int32Array(positions.length);
  // From the last to the first, so that a chain begins with the lowest id: among equal names the
  // first counts.
  for (let record = positions.length - 1; record >= 0; record--) {
    const position = positions[record] ?? 0;
    const nameOffset = position === 0 ? 0 : blob.view.getUint32(position, true);
    if (nameOffset === 0) continue;
    const slot = hashAt(blob, nameOffset) & (heads.length - 1);
    next[record] = heads[slot] ?? -1;
    heads[slot] = record;
  }
  function* recordsOf(name: string): Iterable<number> {
    const wanted = Buffer.from(`${name}\0`, "latin1");
    let record = heads[hashOf(wanted) & (heads.length - 1)] ?? -1;
    for (; record >= 0; record = next[record] ?? -1) if (hasName(blob, positions[record] ?? 0, wanted)) yield record;
  }
  return {
    find(name, accept) {
      for (const record of recordsOf(name)) if (accept(record)) return record;
      return undefined;
    },
    findAll: (name, accept) => [...recordsOf(name)].filter(accept),
  };
}

function tableSize(records: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(records, 16)));
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function hashAt(blob: BtfBlob, nameOffset: number): number {
  const { bytes } = blob;
  let hash = FNV_OFFSET;
  for (let at = stringPosition(blob, nameOffset); bytes[at] !== 0; at++) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  }
  return hash;
}

function hashOf(terminated: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (let at = 0; terminated[at] !== 0; at++) hash = Math.imul(hash ^ (terminated[at] ?? 0), FNV_PRIME);
  return hash;
}

function hasName(blob: BtfBlob, position: number, terminated: Uint8Array): boolean {
  const start = stringPosition(blob, blob.view.getUint32(position, true));
  const end = start + terminated.length;
  return end <= blob.stringsEnd && blob.bytes.compare(terminated, 0, terminated.length, start, end) === 0;
}
