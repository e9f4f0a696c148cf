import { damaged, stringPosition, type BtfBlob } from "./blob.ts";

/** `BTF_KIND_*` of include/uapi/linux/btf.h. */
export const BTF_KIND = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  dataSection: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

const KIND_NAMES = Object.keys(BTF_KIND) as readonly (keyof typeof BTF_KIND)[];

/** `struct btf_type`: name_off, info, size or type; what follows it depends on the kind. */
export const TYPE_BYTES = 12;

/**
 * The bytes that follow a `struct btf_type`: `fixed` in any case, and `each` for each of its `vlen`
 * members.
 */
const TRAILERS: Partial<Record<keyof typeof BTF_KIND, { readonly fixed?: number; readonly each?: number }>> = {
  int: { fixed: 4 },
  array: { fixed: 12 },
  struct: { each: 12 },
  union: { each: 12 },
  enum: { each: 8 },
  prototype: { each: 8 },
  variable: { fixed: 4 },
  dataSection: { each: 12 },
  declarationTag: { fixed: 4 },
  enum64: { each: 12 },
};

/**
 * The same table by number, since the scan asks 100,000 times. A number that is not a kind has no
 * entry.
 */
const TRAILER_OF_KIND: readonly ({ readonly fixed: number; readonly each: number } | undefined)[] = Array.from(
  { length: 32 },
  (_, kind) => {
    const name = KIND_NAMES.find((each) => BTF_KIND[each] === kind);
    return name === undefined ? undefined : { fixed: 0, each: 0, ...TRAILERS[name] };
  },
);

/**
 * The head of one type, as `struct btf_type` has it; info is kind_flag << 31 | kind << 24 | vlen.
 */
export interface TypeHead {
  readonly position: number;
  readonly nameOffset: number;
  readonly kind: number;
  readonly flag: boolean;
  readonly length: number;
  readonly sizeOrType: number;
}

export function headAt(blob: BtfBlob, position: number): TypeHead {
  const info = blob.view.getUint32(position + 4, true);
  return {
    position,
    nameOffset: blob.view.getUint32(position, true),
    kind: (info >>> 24) & 0x1f,
    flag: info >>> 31 === 1,
    length: info & 0xffff,
    sizeOrType: blob.view.getUint32(position + 8, true),
  };
}

/**
 * Returns the position of every type in the blob, by id. Entry 0 is void and has no position. One
 * pass over the section also checks that each type is wholly within it: reading a type at one of
 * these positions stays in range.
 */
export function scanTypes(blob: BtfBlob): Uint32Array {
  const positions = new Uint32Array(1 + Math.floor((blob.typesEnd - blob.typesStart) / TYPE_BYTES));
  let count = 1;
  for (let position = blob.typesStart; position < blob.typesEnd;) {
    positions[count] = position;
    position = typeEnd(blob, position, count);
    count++;
  }
  return positions.slice(0, count);
}

function typeEnd(blob: BtfBlob, position: number, id: number): number {
  if (position + TYPE_BYTES > blob.typesEnd) throw damaged(`type ${id} is cut off`);
  const info = blob.view.getUint32(position + 4, true);
  const trailer = TRAILER_OF_KIND[(info >>> 24) & 0x1f];
  if (trailer === undefined) throw damaged(`type ${id} is of kind ${(info >>> 24) & 0x1f}`);
  const end = position + TYPE_BYTES + trailer.fixed + trailer.each * (info & 0xffff);
  if (end > blob.typesEnd) throw damaged(`type ${id} is cut off`);
  stringPosition(blob, blob.view.getUint32(position, true));
  return end;
}
