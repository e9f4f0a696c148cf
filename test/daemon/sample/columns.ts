import type { KeyLayout, PlacedColumn, RecordLayout } from "../../../bpf/compile/object-spec.ts";
import type { Names } from "../../../daemon/sample/names.ts";
import type { Meaning, Type } from "../../../bpf/check/type.ts";

const NOWHERE = { source: { path: "test.yaml", text: "" }, start: 0, end: 0 };
const ROOM = { address: 16, boolean: 1, pointer: 8, place: 8, stack: 8 } as const;

export function integer(bits: 8 | 16 | 32 | 64, signed = false, meaning: Meaning = { kind: "plain" }): Type {
  return { kind: "integer", bits, signed, meaning };
}

export function string(maxBytes: number, form: "text" | "tty" | "bytes" = "text"): Type {
  return { kind: "string", maxBytes, form };
}

function roomOf(type: Type, packed: boolean): number {
  if (type.kind === "string") return packed ? 4 : type.maxBytes;
  return type.kind === "integer" ? type.bits / 8 : ROOM[type.kind];
}

function place(types: Readonly<Record<string, Type>>, start: number, packed: boolean): readonly PlacedColumn[] {
  let offset = start;
  return Object.entries(types).map(([name, type]) => {
    const bytes = roomOf(type, packed);
    const placed = { column: { name, type, span: NOWHERE }, offset, bytes };
    offset += bytes;
    return placed;
  });
}

function end(columns: readonly PlacedColumn[]): number {
  const last = columns.at(-1);
  return last === undefined ? 0 : last.offset + last.bytes;
}

/** Columns one after the other without gaps. */
export function keyLayout(types: Readonly<Record<string, Type>>): KeyLayout {
  const columns = place(types, 0, false);
  return { maps: ["keys_0", "keys_1"], columns, bytes: end(columns) };
}

export function recordLayout(types: Readonly<Record<string, Type>>, packed: boolean): RecordLayout {
  const columns = place(types, 8, packed);
  return { map: "ring", columns, fixedBytes: end(columns) - 8, packed, maxBytes: 65_536 };
}

/**
 * Bytes from parts: a text as UTF-8, `[bytes, value]` as a little-endian integer, or bytes as they
 * are.
 */
export function bytes(...parts: readonly (string | Uint8Array | readonly [number, bigint | number])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(part);
      if (part instanceof Uint8Array) return part;
      const [length, value] = part;
      return Uint8Array.from({ length }, (_, at) =>
        Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * at)) & 255n),
      );
    }),
  );
}

/** A text in its place, filled with zeros. */
export function filled(text: string, room: number): Uint8Array {
  const place = Buffer.alloc(room);
  place.write(text);
  return place;
}

/** Names of a host with one user, and of a rule with one stack. */
export const NAMES: Names = {
  userName: (uid) => (uid === 0 ? "root" : undefined),
  cgroup: (id) => (id === 7n ? "/system.slice" : undefined),
  kernelSymbol: (address) => `at_${address.toString(16)}`,
  stack: {
    frames: (id) => (id === 7n ? ["inner;int+0x1", "outer+0x2"] : []),
    isNamed: () => true,
    settled: async () => undefined,
  },
};
