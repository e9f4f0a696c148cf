import type { Btf } from "../../kernel/kernel.ts";
import { offsetOf } from "../btf-names.ts";
import type { PathLayout } from "../typed-expression.ts";

/** The struct, and the path within it, of each offset. */
const PLACES: Readonly<Record<keyof PathLayout, readonly [string, string]>> = {
  pathMnt: ["path", "mnt"],
  pathDentry: ["path", "dentry"],
  dentryParent: ["dentry", "d_parent"],
  dentryNamePointer: ["dentry", "d_name.name"],
  dentryNameLength: ["dentry", "d_name.len"],
  vfsmountRoot: ["vfsmount", "mnt_root"],
  mountMnt: ["mount", "mnt"],
  mountParent: ["mount", "mnt_parent"],
  mountMountpoint: ["mount", "mnt_mountpoint"],
  dentryOperations: ["dentry", "d_op"],
  dentrySuper: ["dentry", "d_sb"],
  dentryInode: ["dentry", "d_inode"],
  dentryHashed: ["dentry", "d_hash.pprev"],
  operationsName: ["dentry_operations", "d_dname"],
  superMagic: ["super_block", "s_magic"],
  inodeNumber: ["inode", "i_ino"],
  inodePrivate: ["inode", "i_private"],
  namespaceOperations: ["ns_common", "ops"],
  namespaceName: ["proc_ns_operations", "name"],
};

/**
 * Returns the offsets of the fields that a path is computed from (fs/mount.h,
 * include/linux/dcache.h). Returns undefined if the kernel's BTF lacks one of them.
 */
export function pathLayout(btf: Btf): PathLayout | undefined {
  const offsets = Object.entries(PLACES).map(([key, [struct, path]]) => [key, offsetOf(btf, struct, path)] as const);
  if (offsets.some(([, offset]) => offset === undefined)) return undefined;
  return Object.fromEntries(offsets) as unknown as PathLayout;
}
