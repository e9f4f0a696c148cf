import { readlinkSync } from "node:fs";

const OWN = readlinkSync("/proc/self/ns/user");

/**
 * True if a process is in the user namespace of this one. Users without privileges can make other
 * ones. Returns undefined after it has ended.
 */
export function isInOwnNamespace(pid: number): boolean | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === OWN;
  } catch {
    return undefined;
  }
}
