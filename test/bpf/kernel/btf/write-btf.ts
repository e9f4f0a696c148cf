import type { BtfMember, BtfType } from "../../../../bpf/kernel/btf-type.ts";
import { BTF_KIND } from "../../../../bpf/kernel/btf/type-table.ts";

/**
 * Writes a BTF blob of these types; the first is id 1. Enums with values beyond 32 bits are written
 * as enum64. For tests only.
 */
export function writeBtf(types: readonly BtfType[]): Buffer {
  const strings = new StringSection();
  const section = Buffer.concat(types.map((type) => writeType(type, strings)));
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  [24, 0, section.length, section.length, strings.bytes().length].forEach((value, index) =>
    header.writeUInt32LE(value, 4 + index * 4),
  );
  return Buffer.concat([header, section, strings.bytes()]);
}

class StringSection {
  readonly #offsets = new Map<string, number>([["", 0]]);
  #length = 1;

  offset(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#length;
    this.#offsets.set(text, offset);
    this.#length += Buffer.byteLength(text) + 1;
    return offset;
  }

  bytes(): Buffer {
    return Buffer.from([...this.#offsets.keys()].map((text) => `${text}\0`).join(""));
  }
}

function writeType(type: BtfType, strings: StringSection): Buffer {
  switch (type.kind) {
    case "void":
    case "other":
      throw new Error(`a ${type.kind} type cannot be written`);
    case "int":
      return record(strings, type.name, BTF_KIND.int, type.bytes, [
        [(Number(type.signed) | (Number(type.char) << 1) | (Number(type.bool) << 2)) * 2 ** 24 + type.bytes * 8],
      ]);
    case "pointer":
      return record(strings, "", BTF_KIND.pointer, type.to, []);
    case "array":
      return record(strings, "", BTF_KIND.array, 0, [[type.element, 1, type.count]]);
    case "struct":
    case "union":
      return writeStruct(type, strings);
    case "enum":
      return writeEnum(type, strings);
    case "forward":
      return record(strings, type.name, BTF_KIND.forward, 0, [], type.union);
    case "typedef":
      return record(strings, type.name, BTF_KIND.typedef, type.to, []);
    case "modifier":
      return record(
        strings,
        type.name,
        BTF_KIND[type.modifier === "type_tag" ? "typeTag" : type.modifier],
        type.to,
        [],
      );
    case "function":
      return record(strings, type.name, BTF_KIND.function, type.prototype, []);
    case "float":
      return record(strings, type.name, BTF_KIND.float, type.bytes, []);
    case "prototype": {
      const parameters = type.parameters.map(({ name, type: id }) => [strings.offset(name), id]);
      return record(strings, "", BTF_KIND.prototype, type.returns, parameters, false, parameters.length);
    }
  }
}

function writeStruct(type: Extract<BtfType, { kind: "struct" | "union" }>, strings: StringSection): Buffer {
  const flag = type.members.some(({ bitfieldBits }) => bitfieldBits > 0);
  const offsetOf = ({ bitOffset, bitfieldBits }: BtfMember) => bitfieldBits * 2 ** 24 + bitOffset;
  const members = type.members.map((member) => [strings.offset(member.name), member.type, offsetOf(member)]);
  return record(strings, type.name, BTF_KIND[type.kind], type.bytes, members, flag, members.length);
}

function writeEnum(type: Extract<BtfType, { kind: "enum" }>, strings: StringSection): Buffer {
  const wide = type.bytes > 4;
  const values = type.values.map(({ name, value }) => {
    const bits = BigInt.asUintN(64, value);
    const low = Number(bits & 0xffffffffn);
    return wide ? [strings.offset(name), low, Number(bits >> 32n)] : [strings.offset(name), low];
  });
  return record(strings, type.name, BTF_KIND[wide ? "enum64" : "enum"], type.bytes, values, type.signed, values.length);
}

function record(
  strings: StringSection,
  name: string,
  kind: number,
  sizeOrType: number,
  trailer: readonly (readonly number[])[],
  flag = false,
  length = 0,
): Buffer {
  const words = [strings.offset(name), Number(flag) * 2 ** 31 + kind * 2 ** 24 + length, sizeOrType, ...trailer.flat()];
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => bytes.writeUInt32LE(word, index * 4));
  return bytes;
}
