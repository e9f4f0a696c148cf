import { readFileSync } from "node:fs";

/** A piece of a process's memory that holds code. */
export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly fileOffset: number;
  /** the path of a file, a name in brackets such as `[vdso]`, or empty for memory of no file */
  readonly name: string;
}

/** The executable mappings of a process, ascending; none where it is gone. */
export function readMappings(pid: number): readonly Mapping[] {
  try {
    return parseMappings(readFileSync(`/proc/${pid}/maps`, "latin1"));
  } catch {
    return [];
  }
}

/** Lines of `start-end rwxp offset major:minor inode   name`, proc_pid_maps(5). */
export function parseMappings(text: string): readonly Mapping[] {
  return text.split("\n").flatMap((line) => {
    const [, start, end, offset, name] = /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \d+ *(.*)$/.exec(line) ?? [];
    if (start === undefined || end === undefined || offset === undefined) return [];
    return {
      start: BigInt(`0x${start}`),
      end: BigInt(`0x${end}`),
      fileOffset: Number(`0x${offset}`),
      name: name ?? "",
    };
  });
}

/** Ticks of /proc in a second (USER_HZ, which is 100 on x86-64 and arm64). */
const TICK_NS = 10_000_000n;

/** Whether a process of this id runs that began when the one did that is meant. */
export function isRunning({ pid, startNs }: { readonly pid: number; readonly startNs: bigint }): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // the second field is the name in parentheses, which may hold some itself; the start is the 22nd
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    if (startNs === 0n || ticks === undefined) return true;
    const difference = BigInt(ticks) - startNs / TICK_NS;
    return difference >= -1n && difference <= 1n;
  } catch {
    return false;
  }
}
