import { readFileSync } from "node:fs";
import { isInOwnNamespace } from "../kernel/processes/user-namespace.ts";
import { outermostNamespaceOf } from "./namespace-owner.ts";

/**
 * Returns who is responsible for what a process shows. An owner whose files were slow or harmful
 * once is not read for a while. Root of the host, and of the containers that root made, owns many
 * processes, so for root the owner is the root directory.
 *
 * @param root identifies the process's root directory
 */
export function ownerOf(pid: number, root: string): string {
  const isOwn = isInOwnNamespace(pid);
  const uid = isOwn === undefined ? undefined : uidOf(pid);
  if (uid === undefined) return "gone";
  if (isOwn === true) return uid === 0 || root !== "" ? `root ${root === "" ? pid : root}` : `uid ${uid}`;
  // A user with a user namespace can make any number of mount namespaces, and take any of its ids.
  const namespace = outermostNamespaceOf(pid);
  if (namespace === undefined) return `uid ${uid}`;
  return namespace.ownerUid === 0 ? `user namespace ${namespace.inode}` : `uid ${namespace.ownerUid}`;
}

function uidOf(pid: number): number | undefined {
  try {
    return Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? NaN);
  } catch {
    return undefined;
  }
}

/**
 * Returns who is responsible for a root that several processes share. If one of them is in a user
 * namespace, the user of that namespace may have made the mounts, no matter who has entered them
 * since.
 */
export function ownerOfRoot(pids: readonly number[], root: string): string {
  const owners = pids.map((pid) => ownerOf(pid, root)).filter((owner) => owner !== "gone");
  return owners.find(isUser) ?? owners[0] ?? "gone";
}

/** True if the owner may have made the mounts that are looked at. */
export function isUser(owner: string): boolean {
  return owner.startsWith("uid ") || owner.startsWith("user namespace ");
}
