import { readFileSync } from "node:fs";

/** What a process does now, and the processor time that it has used. */
export interface ProcessTime {
  /** whether it runs, or would if it had a processor; otherwise it waits for something */
  readonly isRunnable: boolean;
  readonly usedMs: number;
}

/** USER_HZ: of an x86-64 or arm64 kernel always 100. */
const TICK_MS = 10;

/** By /proc/PID/stat (proc_pid_stat(5)): the state of its first thread, and the time of all its threads. Undefined where it is gone. */
export function processTime(pid: number): ProcessTime | undefined {
  try {
    // The name before may hold spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\)\s/s, "")
      .split(" ");
    return { isRunnable: fields[0] === "R", usedMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined;
  }
}

/**
 * How long the first thread of a process has waited for a processor, in milliseconds, by /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst).
 * 0 where it is gone, and where the kernel does not count it.
 */
export function waitedMs(pid: number): number {
  try {
    const [, waitedNs = "0"] = readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
