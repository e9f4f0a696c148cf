import type { BtfBlob } from "./blob.ts";
import { headAt, TYPE_BYTES } from "./type-table.ts";

/** `struct btf_var_secinfo`: type, offset, size. */
const ENTRY_BYTES = 12;

/**
 * Returns the offset of a variable, by its id, within the section at `position`, or undefined if it
 * is in another section.
 */
export function offsetInSection(blob: BtfBlob, position: number, variable: number): number | undefined {
  const { length } = headAt(blob, position);
  for (let index = 0; index < length; index++) {
    const at = position + TYPE_BYTES + index * ENTRY_BYTES;
    if (blob.view.getUint32(at, true) === variable) return blob.view.getUint32(at + 4, true);
  }
  return undefined;
}
