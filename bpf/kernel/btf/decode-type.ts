import type { BtfEnumerator, BtfMember, BtfParameter, BtfType } from "../btf-type.ts";
import { stringAt, type BtfBlob } from "./blob.ts";
import { isSignedEnum } from "./enum-signs.ts";
import { BTF_KIND, headAt, TYPE_BYTES, type TypeHead } from "./type-table.ts";

/**
 * Decodes the type at a position from `scanTypes`; `saysSigns` is from `enumsSaySigns`. Throws
 * KernelFactsError for a name outside the string section.
 */
export function decodeType(blob: BtfBlob, position: number, saysSigns: boolean): BtfType {
  const head = headAt(blob, position);
  return (DECODERS[head.kind] ?? decodeOther)(blob, head, saysSigns);
}

type Decoder = (blob: BtfBlob, head: TypeHead, saysSigns: boolean) => BtfType;

const DECODERS: Readonly<Record<number, Decoder>> = {
  [BTF_KIND.int]: decodeInt,
  [BTF_KIND.pointer]: (_blob, head) => ({ kind: "pointer", to: head.sizeOrType }),
  [BTF_KIND.array]: decodeArray,
  [BTF_KIND.struct]: (blob, head) => decodeStruct(blob, head, "struct"),
  [BTF_KIND.union]: (blob, head) => decodeStruct(blob, head, "union"),
  [BTF_KIND.enum]: (blob, head, saysSigns) => decodeEnum(blob, head, 8, isSignedEnum(blob, head, saysSigns)),
  [BTF_KIND.enum64]: (blob, head) => decodeEnum(blob, head, 12, head.flag),
  [BTF_KIND.forward]: (blob, head) => ({ kind: "forward", name: nameOf(blob, head), union: head.flag }),
  [BTF_KIND.typedef]: (blob, head) => ({ kind: "typedef", name: nameOf(blob, head), to: head.sizeOrType }),
  [BTF_KIND.volatile]: modifierDecoder("volatile"),
  [BTF_KIND.const]: modifierDecoder("const"),
  [BTF_KIND.restrict]: modifierDecoder("restrict"),
  [BTF_KIND.typeTag]: modifierDecoder("type_tag"),
  [BTF_KIND.function]: (blob, head) => ({ kind: "function", name: nameOf(blob, head), prototype: head.sizeOrType }),
  [BTF_KIND.prototype]: decodePrototype,
  [BTF_KIND.float]: (blob, head) => ({ kind: "float", name: nameOf(blob, head), bytes: head.sizeOrType }),
};

function decodeOther(blob: BtfBlob, head: TypeHead): BtfType {
  return { kind: "other", name: nameOf(blob, head) };
}

function modifierDecoder(modifier: "volatile" | "const" | "restrict" | "type_tag"): Decoder {
  return (blob, head) => ({ kind: "modifier", modifier, name: nameOf(blob, head), to: head.sizeOrType });
}

/**
 * Decodes an integer. A u32 follows: encoding << 24 | offset << 16 | bits, where encoding is signed
 * 1, char 2, bool 4. The BTF of Debian's 5.10 does not mark `signed char`, the type of s8, as
 * signed: pahole gave characters no sign then.
 */
function decodeInt(blob: BtfBlob, head: TypeHead): BtfType {
  const encoding = (blob.view.getUint32(head.position + TYPE_BYTES, true) >>> 24) & 0xf;
  const name = nameOf(blob, head);
  return {
    kind: "int",
    name,
    bytes: head.sizeOrType,
    signed: (encoding & 1) !== 0 || name === "signed char",
    char: (encoding & 2) !== 0,
    bool: (encoding & 4) !== 0,
  };
}

/** Decodes an array. `struct btf_array` follows: type, index_type, nelems. */
function decodeArray(blob: BtfBlob, head: TypeHead): BtfType {
  const at = head.position + TYPE_BYTES;
  return { kind: "array", element: blob.view.getUint32(at, true), count: blob.view.getUint32(at + 8, true) };
}

/**
 * Decodes a struct or union. A `struct btf_member` follows for each member: name_off, type, offset.
 * With kind_flag the offset is bitfield bits << 24 | bit offset.
 */
function decodeStruct(blob: BtfBlob, head: TypeHead, kind: "struct" | "union"): BtfType {
  const members = records(head, 12, (at): BtfMember => {
    const offset = blob.view.getUint32(at + 8, true);
    return {
      name: stringAt(blob, blob.view.getUint32(at, true)),
      type: blob.view.getUint32(at + 4, true),
      bitOffset: head.flag ? offset & 0xffffff : offset,
      bitfieldBits: head.flag ? offset >>> 24 : 0,
    };
  });
  return { kind, name: nameOf(blob, head), bytes: head.sizeOrType, members };
}

/**
 * Decodes an enum. Records follow: name_off, val for `enum`; name_off, val_lo32, val_hi32 for
 * `enum64`.
 */
function decodeEnum(blob: BtfBlob, head: TypeHead, recordBytes: 8 | 12, signed: boolean): BtfType {
  const values = records(head, recordBytes, (at): BtfEnumerator => ({
    name: stringAt(blob, blob.view.getUint32(at, true)),
    value: enumeratorValue(blob, at, recordBytes, signed),
  }));
  return { kind: "enum", name: nameOf(blob, head), bytes: head.sizeOrType, signed, values };
}

export function enumeratorValue(blob: BtfBlob, at: number, recordBytes: 8 | 12, signed: boolean): bigint {
  if (recordBytes === 12) return signed ? blob.view.getBigInt64(at + 4, true) : blob.view.getBigUint64(at + 4, true);
  return BigInt(signed ? blob.view.getInt32(at + 4, true) : blob.view.getUint32(at + 4, true));
}

/**
 * Decodes a prototype. A `struct btf_param` follows for each parameter: name_off, type. A variadic
 * function ends with one where both are 0.
 */
function decodePrototype(blob: BtfBlob, head: TypeHead): BtfType {
  const parameters = records(head, 8, (at): BtfParameter => ({
    name: stringAt(blob, blob.view.getUint32(at, true)),
    type: blob.view.getUint32(at + 4, true),
  }));
  return { kind: "prototype", returns: head.sizeOrType, parameters };
}

function records<Item>(head: TypeHead, recordBytes: number, read: (at: number) => Item): Item[] {
  const start = head.position + TYPE_BYTES;
  return Array.from({ length: head.length }, (_, index) => read(start + index * recordBytes));
}

function nameOf(blob: BtfBlob, head: TypeHead): string {
  return stringAt(blob, head.nameOffset);
}
