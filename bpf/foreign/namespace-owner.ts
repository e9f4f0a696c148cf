import koffi from "koffi";
import { closeSync, fstatSync, openSync } from "node:fs";

/**
 * ioctl_ns(2), Linux 4.11: the parent of a user namespace, as a descriptor; the user who made it,
 * as a u32.
 */
const NS_GET_PARENT = 0xb702;
const NS_GET_OWNER_UID = 0xb704;
/** the kernel's limit, create_user_ns in kernel/user_namespace.c */
const DEEPEST = 33;

type Ioctl = (descriptor: number, request: number, argument: Uint32Array) => number;
let ioctl: Ioctl | undefined;

const inodeOf = (descriptor: number): bigint => fstatSync(descriptor, { bigint: true }).ino;

/** A user namespace that was made in this process's own namespace, and the user who made it. */
export interface OutermostNamespace {
  readonly inode: bigint;
  /** as this process's own namespace numbers it */
  readonly ownerUid: number;
}

/**
 * Returns the outermost user namespace of a process below this process's own. The user who made it
 * has all ids that it was given (newuidmap(1) gives 65,536), and made the namespaces within it.
 * Returns undefined if the process is in this process's namespace, has ended, or cannot be asked.
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
