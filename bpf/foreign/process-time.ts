import { readFileSync } from "node:fs";

/** The state of a process and the processor time that it has used. */
export interface ProcessTime {
  /** true if it runs, or would run on a free processor; false while it waits for something */
  readonly isRunnable: boolean;
  readonly usedMs: number;
}

/** USER_HZ is always 100 on x86-64 and arm64. */
const TICK_MS = 10;

/**
 * Reads /proc/PID/stat (proc_pid_stat(5)): the state of the first thread, and the time of all
 * threads. Returns undefined after the process has ended.
 */
export function processTime(pid: number): ProcessTime | undefined {
  try {
    // The name before may contain spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\)\s/s, "")
      .split(" ");
    return { isRunnable: fields[0] === "R", usedMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined;
  }
}

/**
 * Returns how many milliseconds the first thread of a process has waited for a processor, by
 * /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst). Returns 0 after the process has
 * ended, and if the kernel does not count it.
 */
export function waitedMs(pid: number): number {
  try {
    const [, waitedNs = "0"] = readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
