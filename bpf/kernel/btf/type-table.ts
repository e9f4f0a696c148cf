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

/** `struct btf_type`: name_off, info, size or type; what follows it depends on the kind. */
export const TYPE_BYTES = 12;

/** What follows a `struct btf_type`, by kind: bytes in any case, and bytes for each of its `vlen` members; 0 is no kind. */
const TRAILERS: readonly { readonly fixed: number; readonly each: number }[] = [
  { fixed: -1, each: 0 },
  { fixed: 4, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 12, each: 0 },
  { fixed: 0, each: 12 },
  { fixed: 0, each: 12 },
  { fixed: 0, each: 8 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 8 },
  { fixed: 4, each: 0 },
  { fixed: 0, each: 12 },
  { fixed: 0, each: 0 },
  { fixed: 4, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 12 },
];

/** The head of one type, as `struct btf_type` has it; info is kind_flag << 31 | kind << 24 | vlen. */
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
 * The position of every type in the blob, by id; entry 0 is void and stands for nothing. One pass over the section, which also
 * checks that each type lies wholly within it: whoever reads a type at one of these positions stays in range.
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
  const trailer = TRAILERS[(info >>> 24) & 0x1f];
  if (trailer === undefined || trailer.fixed < 0) throw damaged(`type ${id} is of kind ${(info >>> 24) & 0x1f}`);
  const end = position + TYPE_BYTES + trailer.fixed + trailer.each * (info & 0xffff);
  if (end > blob.typesEnd) throw damaged(`type ${id} is cut off`);
  stringPosition(blob, blob.view.getUint32(position, true));
  return end;
}
