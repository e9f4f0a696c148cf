import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/** Functions that a process compiled at run time and told of, as those of Node.js, Java and .NET can. */
export interface PerfMap {
  /** how long the file was: it grows as the process compiles, and says nothing new while it does not */
  readonly fileBytes: number;
  find(address: bigint): SymbolAt | undefined;
}

const LARGEST = 64 * 1024 * 1024;

/**
 * `/tmp/perf-PID.map` of a process, as it sees its own /tmp and id (tools/perf/Documentation/jit-interface.txt); undefined where it has none.
 *
 * @param before what was read of it the last time, which is given again where the file has not grown
 */
export function readPerfMap(pid: number, before?: PerfMap): PerfMap | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const innermostPid = /^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? String(pid);
    const owner = Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? NaN);
    return readOwned(`/proc/${pid}/root/tmp/perf-${innermostPid}.map`, owner, before);
  } catch {
    return undefined;
  }
}

/** The process chose what stands at that path: only a plain file of its own user is read, and of a pipe nothing is waited for. */
function readOwned(path: string, owner: number, before: PerfMap | undefined): PerfMap | undefined {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.uid !== owner || stats.size > LARGEST) return undefined;
    return stats.size === before?.fileBytes ? before : parsePerfMap(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/** Lines of `start size name`, the numbers in hex. Of functions that took the place of others the last one counts. */
export function parsePerfMap(bytes: Buffer): PerfMap {
  const entries = bytes
    .toString("latin1")
    .split("\n")
    .flatMap((line) => {
      const [, start, size, name] = /^(?:0x)?([0-9a-f]{1,13}) (?:0x)?([0-9a-f]{1,8}) (.+)$/.exec(line) ?? [];
      return name === undefined ? [] : { start: Number(`0x${start}`), size: Number(`0x${size}`), name };
    })
    .toSorted((a, b) => a.start - b.start);
  const starts = Float64Array.from(entries, ({ start }) => start);
  return {
    fileBytes: bytes.length,
    find(address) {
      const entry = entries[greatestUpTo(starts, Number(address))];
      const offset = Number(address) - (entry?.start ?? NaN);
      return entry !== undefined && offset < entry.size ? { name: entry.name, offset } : undefined;
    },
  };
}
