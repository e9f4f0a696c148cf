import type { PlacedColumn } from "../../bpf/compile/object-spec.ts";
import { ARGUMENT_END } from "../../bpf/check/marked-text.ts";
import type { Meaning, Type } from "../../bpf/check/type.ts";
import { addressText } from "../text/address-text.ts";
import { type DecodedText, decodeBytes, decodeText, ttyName, untilNul } from "./decode-text.ts";
import { durationText } from "../text/duration-text.ts";
import type { Names } from "./names.ts";

/** A column's value before formatting. Integers keep all their bits. */
export type ColumnValue = bigint | boolean | DecodedText;

/** Reads a column at its place in `bytes`. The caller has checked that it is inside. */
export function readColumn({ column, offset, bytes: room }: PlacedColumn, bytes: Uint8Array): ColumnValue {
  const place = bytes.subarray(offset, offset + room);
  const { type } = column;
  if (type.kind === "string") return stringText(type, place);
  if (type.kind === "address") return { text: addressText(place), escaped: false };
  const raw = littleEndian(place);
  if (type.kind === "boolean") return raw !== 0n;
  return type.kind === "integer" && type.signed ? BigInt.asIntN(8 * room, raw) : raw;
}

const BETWEEN_ARGUMENTS = String.fromCharCode(ARGUMENT_END);

/** Decodes the text of a string column. */
export function stringText(type: Type & { readonly kind: "string" }, bytes: Uint8Array): DecodedText {
  if (type.form === "bytes") return decodeBytes(bytes);
  const decoded = decodeText(untilNul(bytes));
  if (type.form === "arguments") return { ...decoded, text: decoded.text.replaceAll(BETWEEN_ARGUMENTS, " ") };
  return type.form === "tty" ? { ...decoded, text: ttyName(decoded.text) } : decoded;
}

/** Returns the meaning of an integer column; other types are plain. */
export function meaningOf(type: Type): Meaning {
  if (type.kind === "integer") return type.meaning;
  return type.kind === "pointer" || type.kind === "place" ? { kind: "hex" } : { kind: "plain" };
}

/** Formats an integer by its meaning, or returns undefined if the plain number is enough. */
export function integerText(value: bigint, meaning: Meaning, names: Names): string | undefined {
  switch (meaning.kind) {
    case "names":
      return meaning.names.get(value);
    case "user":
      return names.userName(Number(value));
    case "cgroup":
      return names.cgroup(BigInt.asUintN(64, value), meaning.part);
    case "kernel-symbol":
      return names.kernelSymbol(BigInt.asUintN(64, value));
    case "hex":
      return `0x${BigInt.asUintN(64, value).toString(16)}`;
    case "device":
      return `${value >> 20n}:${value & 0xfffffn}`;
    case "mode":
      return `0${value.toString(8)}`;
    case "duration":
      return durationText(Number(value));
    case "plain":
    case "bytes":
    case "timestamp":
      return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes.length) {
    case 1:
      return BigInt(view.getUint8(0));
    case 2:
      return BigInt(view.getUint16(0, true));
    case 4:
      return BigInt(view.getUint32(0, true));
    case 8:
      return view.getBigUint64(0, true);
    default:
      throw new Error(`bug: an integer column of ${bytes.length} bytes`);
  }
}
