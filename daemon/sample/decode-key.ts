import type { KeyLayout, PlacedColumn } from "../../bpf/compile/object-spec.ts";
import { integerText, meaningOf, readColumn } from "./decode-column.ts";
import { textLabel } from "./text-label.ts";
import type { Names } from "./names.ts";

/**
 * Decodes the labels of one key: each `by` column in readable form. A stack is one line, innermost
 * frame first, joined by `;`. Throws for a key of the wrong size, which is a bug of ours.
 */
export function decodeKey(layout: KeyLayout, key: Uint8Array, names: Names): Readonly<Record<string, string>> {
  if (key.length < layout.bytes) throw new Error(`bug: a key of ${key.length} bytes, expected ${layout.bytes}`);
  return Object.fromEntries(layout.columns.map((placed) => [placed.column.name, label(placed, key, names)]));
}

function label(placed: PlacedColumn, key: Uint8Array, names: Names): string {
  const { type } = placed.column;
  if (type.kind === "string") return textLabel(type, key.subarray(placed.offset, placed.offset + placed.bytes));
  const value = readColumn(placed, key);
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "bigint") return value.text;
  if (type.kind === "stack") return folded(names.stack.frames(value));
  return integerText(value, meaningOf(type), names) ?? value.toString();
}

/** Joins frames as flame graphs do. A name from a just-in-time compiler may contain `;`. */
const folded = (frames: readonly string[]): string => frames.map((frame) => frame.replaceAll(";", ":")).join(";");
