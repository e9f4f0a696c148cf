import { readFileSync } from "node:fs";
import { isInOwnNamespace } from "../kernel/processes/user-namespace.ts";
import { outermostNamespaceOf } from "./namespace-owner.ts";

/**
 * Who answers for what a process shows: whoever made its files slow or harmful once is not read for a while. A root user of the host and of
 * containers that root has made is many, so there it is the root directory that answers.
 *
 * @param root what tells the process's root from others
 */
export function ownerOf(pid: number, root: string): string {
  const isOwn = isInOwnNamespace(pid);
  const uid = isOwn === undefined ? undefined : uidOf(pid);
  if (uid === undefined) return "gone";
  if (isOwn === true) return uid === 0 || root !== "" ? `root ${root === "" ? pid : root}` : `uid ${uid}`;
  // Who has a user namespace of his own can make as many mount namespaces as he likes, and take any of the ids that it has.
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
 * Who answers for a root that several processes have: where one of them is in a user namespace of its own, its user may have made the mounts,
 * whoever else has entered them since.
 */
export function ownerOfRoot(pids: readonly number[], root: string): string {
  const owners = pids.map((pid) => ownerOf(pid, root)).filter((owner) => owner !== "gone");
  return owners.find(isUser) ?? owners[0] ?? "gone";
}

/** Whether an owner may have made the mounts that are looked at. */
export function isUser(owner: string): boolean {
  return owner.startsWith("uid ") || owner.startsWith("user namespace ");
}
