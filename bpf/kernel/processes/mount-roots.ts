import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What a group of processes takes for `/`: that of a container, of a chroot, of the host. */
export interface MountRoot {
  /** of its mount namespace and the path of its root there: a text that is equal for two processes that see the same files */
  readonly key: string;
  /** some of the processes whose root it is: a process may end at any time */
  readonly pids: readonly number[];
}

/** More processes of a root are not remembered: one of them is enough. */
const PIDS = 4;
/** So many processes are looked at in one turn of the event loop: some two hundred microseconds. */
const PROCESSES_A_TURN = 64;

/** The roots of all processes, but for those that see what this process sees; two readlink(2) for each process. */
export async function findMountRoots(): Promise<readonly MountRoot[]> {
  const own = keyOf("self");
  const pids = new Map<string, number[]>();
  for (const [index, name] of readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .entries()) {
    if (index % PROCESSES_A_TURN === PROCESSES_A_TURN - 1) await nextTurn();
    const key = keyOf(name);
    if (key === undefined || key === own) continue;
    const known = pids.get(key);
    if (known === undefined) pids.set(key, [Number(name)]);
    else if (known.length < PIDS) known.push(Number(name));
  }
  return [...pids].map(([key, members]) => ({ key, pids: members }));
}

/** Undefined for a process that has ended. */
function keyOf(process: string): string | undefined {
  try {
    return `${readlinkSync(`/proc/${process}/ns/mnt`)} ${readlinkSync(`/proc/${process}/root`)}`;
  } catch {
    return undefined;
  }
}
