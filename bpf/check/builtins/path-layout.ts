import type { Btf } from "../../kernel/kernel.ts";
import { offsetOf } from "../btf-names.ts";
import type { PathLayout } from "../typed-expression.ts";

/** `struct, path within it` of each offset. */
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
};

/** Where a kernel keeps what a path is made of (fs/mount.h, include/linux/dcache.h); undefined where its BTF lacks any of it. */
export function pathLayout(btf: Btf): PathLayout | undefined {
  const at = (key: keyof PathLayout): number => offsetOf(btf, ...PLACES[key]) ?? NaN;
  const layout: PathLayout = {
    pathMnt: at("pathMnt"),
    pathDentry: at("pathDentry"),
    dentryParent: at("dentryParent"),
    dentryNamePointer: at("dentryNamePointer"),
    dentryNameLength: at("dentryNameLength"),
    vfsmountRoot: at("vfsmountRoot"),
    mountMnt: at("mountMnt"),
    mountParent: at("mountParent"),
    mountMountpoint: at("mountMountpoint"),
  };
  return Object.values(layout).some(Number.isNaN) ? undefined : layout;
}
