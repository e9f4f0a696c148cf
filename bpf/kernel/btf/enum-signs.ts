import type { BtfBlob } from "./blob.ts";
import { BTF_KIND, headAt, TYPE_BYTES, type TypeHead } from "./type-table.ts";

/**
 * True if the kind_flag of a blob's enums says whether they are signed, since Linux 6.0 (commit
 * 6089fb325cf7) and pahole 1.24. Every kernel has signed enums; so if no enum is marked as signed,
 * the flag says nothing.
 */
export function enumsSaySigns(blob: BtfBlob, positions: Uint32Array): boolean {
  for (let id = 1; id < positions.length; id++) {
    const { kind, flag } = headAt(blob, positions[id] ?? 0);
    if (flag && (kind === BTF_KIND.enum || kind === BTF_KIND.enum64)) return true;
  }
  return false;
}

/**
 * True if an enum is signed. If the blob does not say so, an enum is signed when one of its values
 * would be negative: such values are error numbers.
 */
export function isSignedEnum(blob: BtfBlob, head: TypeHead, saysSigns: boolean): boolean {
  if (saysSigns || head.kind !== BTF_KIND.enum) return head.flag;
  const start = head.position + TYPE_BYTES;
  for (let each = 0; each < head.length; each++) if (blob.view.getInt32(start + 8 * each + 4, true) < 0) return true;
  return false;
}
