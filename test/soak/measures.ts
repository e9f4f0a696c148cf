import { readFileSync } from "node:fs";

/** The resident size of a process, and of its children together, in MiB. */
export function residentMiB(pid: number): number {
  return processMiB(pid, "VmRSS") + childrenOf(pid).reduce((sum, child) => sum + childMiB(child), 0);
}

/** A number of /proc/PID/status in MiB. */
export function processMiB(pid: number, field: "VmRSS" | "VmHWM" | "RssAnon"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024;
}

function childMiB(pid: number): number {
  try {
    return residentMiB(pid);
  } catch {
    return 0; // it has ended
  }
}

export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), most: sorted.at(-1) ?? NaN };
}
