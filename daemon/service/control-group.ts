import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { extendedAttribute } from "./extended-attribute.ts";

/** A control group of a program and everything that it starts. */
export interface ControlGroup {
  readonly folder: string;
  /** kills all processes in it */
  kill(): void;
  /** removes it, once the killed processes are gone */
  remove(): Promise<void>;
}

/** The marks of systemd on a group whose subgroups we may make (systemd's CGROUP_DELEGATION.md). */
const DELEGATED = ["user.delegate", "trusted.delegate"];

/**
 * Makes a control group below that of this process. Returns undefined if there is no cgroup v2, or
 * if the group is not delegated to us (`Delegate=yes`).
 */
export function makeControlGroup(name: string): ControlGroup | undefined {
  try {
    const own = ownGroup();
    if (own === undefined || !DELEGATED.some((mark) => isSet(own, mark))) return undefined;
    const folder = join(own, name);
    mkdirSync(folder);
    return { folder, kill: () => killAll(folder), remove: () => remove(folder) };
  } catch {
    return undefined;
  }
}

const isSet = (path: string, mark: string): boolean =>
  Buffer.from(extendedAttribute(path, mark) ?? []).toString("latin1") === "1";

/** Returns the folder of this process's group in the hierarchy of version 2. */
function ownGroup(): string | undefined {
  const path = /^0::(\/.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  // proc_pid_mountinfo(5): ID PARENT DEVICE ROOT MOUNT-POINT ... - TYPE
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const mount = mounts.find((line) => / - cgroup2 /.test(line))?.split(" ");
  const [root, place] = [mount?.[3], mount?.[4]];
  if (path === undefined || root !== "/" || place === undefined) return undefined;
  return join(place, path);
}

function killAll(folder: string): void {
  try {
    writeFileSync(join(folder, "cgroup.kill"), "1");
  } catch {
    // Before Linux 5.14.
    for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n")) killOne(Number(pid));
  }
}

function killOne(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

const REMOVE_TRIES = 50;
const REMOVE_MS = 20;

async function remove(folder: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    try {
      return rmdirSync(folder);
    } catch {
      await sleep(REMOVE_MS);
    }
  }
}
