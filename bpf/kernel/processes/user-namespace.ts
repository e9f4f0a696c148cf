import { readlinkSync } from "node:fs";

const OWN = readlinkSync("/proc/self/ns/user");

/** Whether a process is in the user namespace of this one: others are those that users without privileges can make. Undefined where it has ended. */
export function isInOwnNamespace(pid: number): boolean | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === OWN;
  } catch {
    return undefined;
  }
}
