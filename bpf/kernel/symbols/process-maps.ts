import { closeSync, openSync, readFileSync } from "node:fs";
import { linesOf } from "../lines-of-file.ts";
import { LIMITS } from "../limits.ts";

/** A piece of a process's memory that holds code. */
export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly fileOffset: number;
  /** device of its file, `major:minor` in hexadecimal */
  readonly device: string;
  /** path of a file, a name in brackets such as `[vdso]`, or empty for memory without a file */
  readonly name: string;
}

/**
 * Returns the executable mappings of a process, ascending, up to the limits. Returns none after it
 * has ended.
 */
export function readMappings(pid: number): readonly Mapping[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(`/proc/${pid}/maps`, "r");
    const names = new Map<string, string>();
    return [...mappingsIn(descriptor, names)];
  } catch {
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function* mappingsIn(descriptor: number, names: Map<string, string>): Iterable<Mapping> {
  let [count, nameBytes] = [0, 0];
  for (const { bytes } of linesOf(descriptor, LIMITS.maps.bytes, undefined)) {
    // `start-end r-xp`: most lines need no further look
    if (bytes[bytes.indexOf(SPACE) + 3] !== EXECUTABLE) continue;
    const mapping = parseMapping(bytes.toString("latin1"));
    if (mapping === undefined) continue;
    const known = names.get(mapping.name);
    nameBytes += known === undefined ? mapping.name.length : 0;
    if (++count > LIMITS.maps.mappings || nameBytes > LIMITS.maps.nameBytes) return;
    names.set(mapping.name, known ?? mapping.name);
    yield { ...mapping, name: known ?? mapping.name };
  }
}

const [SPACE, EXECUTABLE] = [0x20, 0x78];

/**
 * Parses a line of `start-end rwxp offset major:minor inode   name`, proc_pid_maps(5). Returns
 * undefined if it holds no code.
 */
export function parseMapping(line: string): Mapping | undefined {
  const [, start, end, offset, device, name] =
    /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) (\S+) \d+ *(.*)$/.exec(line) ?? [];
  if (start === undefined || end === undefined || offset === undefined || device === undefined) return undefined;
  return {
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    fileOffset: Number(`0x${offset}`),
    device,
    name: name ?? "",
  };
}

/** Ticks of /proc in a second (USER_HZ, which is 100 on x86-64 and arm64). */
const TICK_NS = 10_000_000n;

/** True if the process of this id still runs and is the one that began at this time. */
export function isRunning({ pid, startNs }: { readonly pid: number; readonly startNs: bigint }): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // the second field is the name in parentheses, which may contain parentheses itself; the start
    // is the 22nd
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    if (startNs === 0n || ticks === undefined) return true;
    const difference = BigInt(ticks) - startNs / TICK_NS;
    return difference >= -1n && difference <= 1n;
  } catch {
    return false;
  }
}
