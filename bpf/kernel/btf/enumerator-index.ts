import { stringAt, type BtfBlob } from "./blob.ts";
import { enumeratorValue } from "./decode-type.ts";
import { isSignedEnum } from "./enum-signs.ts";
import { indexNames } from "./name-index.ts";
import type { FoundEnumerator } from "../kernel.ts";
import { BTF_KIND, headAt, TYPE_BYTES } from "./type-table.ts";

export interface EnumeratorIndex {
  find(name: string): FoundEnumerator | undefined;
  findAll(name: string): readonly FoundEnumerator[];
  names(): Iterable<string>;
}

/**
 * Indexes the enumerators of all enums of a blob by name; `positions` are from `scanTypes`,
 * `saysSigns` is from `enumsSaySigns`.
 */
export function indexEnumerators(blob: BtfBlob, positions: Uint32Array, saysSigns: boolean): EnumeratorIndex {
  const { records, owners } = collect(blob, positions);
  const index = indexNames(blob, records);
  const enumeratorAt = (record: number): FoundEnumerator => {
    const enumId = owners[record] ?? 0;
    return { value: read(blob, positions[enumId] ?? 0, records[record] ?? 0, saysSigns), enumId };
  };
  return {
    find(name) {
      const found = index.find(name, () => true);
      return found === undefined ? undefined : enumeratorAt(found);
    },
    findAll: (name) => index.findAll(name, () => true).map(enumeratorAt),
    *names() {
      // an enumerator begins with its name's offset, as a type does
      for (const record of records) yield stringAt(blob, blob.view.getUint32(record, true));
    },
  };
}

/** Returns the position of every enumerator, and the id of its enum. */
function collect(blob: BtfBlob, positions: Uint32Array): { records: Uint32Array; owners: Uint32Array } {
  const records: number[] = [];
  const owners: number[] = [];
  for (let id = 1; id < positions.length; id++) {
    const head = headAt(blob, positions[id] ?? 0);
    if (head.kind !== BTF_KIND.enum && head.kind !== BTF_KIND.enum64) continue;
    for (let each = 0; each < head.length; each++) {
      records.push(head.position + TYPE_BYTES + each * enumeratorBytes(head.kind));
      owners.push(id);
    }
  }
  return { records: Uint32Array.from(records), owners: Uint32Array.from(owners) };
}

function read(blob: BtfBlob, position: number, at: number, saysSigns: boolean): bigint {
  const head = headAt(blob, position);
  return enumeratorValue(blob, at, enumeratorBytes(head.kind), isSignedEnum(blob, head, saysSigns));
}

function enumeratorBytes(kind: number): 8 | 12 {
  return kind === BTF_KIND.enum64 ? 12 : 8;
}
