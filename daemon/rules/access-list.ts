/**
 * The users and groups in an access control list (acl(5)), and the permissions of its owning group.
 */
export interface AccessList {
  readonly userWriters: readonly number[];
  readonly groupWriters: readonly number[];
  readonly ownGroupWrites: boolean;
}

/**
 * linux/posix_acl_xattr.h: a version of four bytes, then entries of a tag, permissions and an id.
 */
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const WRITE = 0o2;
const USER = 0x02;
const OWN_GROUP = 0x04;
const GROUP = 0x08;
const MASK = 0x10;

/**
 * Reads `system.posix_acl_access`, or returns undefined for other bytes. As in the kernel,
 * permissions outside the mask have no effect.
 */
export function parseAccessList(bytes: Uint8Array): AccessList | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== VERSION) return undefined;
  const count = Math.floor((bytes.length - HEADER_BYTES) / ENTRY_BYTES);
  const entries = Array.from({ length: count }, (_, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const writes = (view.getUint16(at + 2, true) & WRITE) !== 0;
    return { tag: view.getUint16(at, true), writes, id: view.getUint32(at + 4, true) };
  });
  const isMasked = entries.some(({ tag, writes }) => tag === MASK && !writes);
  const writers = (tag: number): readonly number[] =>
    isMasked ? [] : entries.filter((entry) => entry.tag === tag && entry.writes).map(({ id }) => id);
  return {
    userWriters: writers(USER),
    groupWriters: writers(GROUP),
    ownGroupWrites: writers(OWN_GROUP).length > 0,
  };
}
