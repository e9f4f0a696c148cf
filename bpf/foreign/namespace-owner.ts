import koffi from "koffi";
import { closeSync, fstatSync, openSync } from "node:fs";

/** ioctl_ns(2), Linux 4.11: the parent of a user namespace, as a descriptor; the user who made it, into a u32. */
const NS_GET_PARENT = 0xb702;
const NS_GET_OWNER_UID = 0xb704;
/** as the kernel allows, create_user_ns in kernel/user_namespace.c */
const DEEPEST = 33;

type Ioctl = (descriptor: number, request: number, argument: Uint32Array) => number;
let ioctl: Ioctl | undefined;

const inodeOf = (descriptor: number): bigint => fstatSync(descriptor, { bigint: true }).ino;

/** A user namespace that was made in this process's own, and who made it. */
export interface OutermostNamespace {
  readonly inode: bigint;
  /** in this process's own namespace */
  readonly ownerUid: number;
}

/**
 * The outermost of the user namespaces that a process is in, below this process's own. Whoever made it has all ids that it was given
 * (newuidmap(1) gives 65,536), and made those that are within it. Undefined where the process is in this one's, where that cannot be
 * learned, and where the process has ended.
 */
export function outermostNamespaceOf(pid: number): OutermostNamespace | undefined {
  ioctl ??= koffi.load("libc.so.6").func("int ioctl(int fd, unsigned long request, void *argument)") as Ioctl;
  const opened: number[] = [];
  try {
    const own = openSync("/proc/self/ns/user", "r");
    opened.push(own);
    const ownInode = inodeOf(own);
    let namespace = openSync(`/proc/${pid}/ns/user`, "r");
    opened.push(namespace);
    if (inodeOf(namespace) === ownInode) return undefined;
    while (opened.length <= DEEPEST + 2) {
      const parent = ioctl(namespace, NS_GET_PARENT, new Uint32Array(1));
      if (parent < 0) return undefined;
      opened.push(parent);
      if (inodeOf(parent) === ownInode) return ownerOf(namespace, ioctl);
      namespace = parent;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

function ownerOf(namespace: number, call: Ioctl): OutermostNamespace | undefined {
  const uid = new Uint32Array(1);
  const [ownerUid] = call(namespace, NS_GET_OWNER_UID, uid) < 0 ? [] : uid;
  return ownerUid === undefined ? undefined : { inode: inodeOf(namespace), ownerUid };
}
