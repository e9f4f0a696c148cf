import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { linesOf } from "../lines-of-file.ts";
import { LIMITS } from "../limits.ts";
import { resolveInRoot, type PathRoot } from "../processes/open-in-root.ts";
import { holdRegular, openHeld } from "../processes/open-regular.ts";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/** A function, and where its name stands in the file. */
interface Entry {
  readonly start: number;
  readonly size: number;
  readonly nameAt: number;
  readonly nameBytes: number;
}

/**
 * Functions that a process compiled at run time and told of, as those of Node.js, Java and .NET can: `/tmp/perf-PID.map`, as the process
 * sees its own /tmp and id (tools/perf/Documentation/jit-interface.txt). Lines of `start size name`, the numbers in hex. The file grows as the process
 * compiles: what was added is read, up to the limits. Names stay in the file until they are asked for.
 */
export class PerfMap implements Disposable {
  readonly #descriptor: number;
  readonly #identity: string;
  readonly #entries: Entry[] = [];
  #sorted: readonly Entry[] = [];
  #starts = new Float64Array();
  #readTo = 0;

  /** @param descriptor of an open plain file, which the map closes */
  constructor(descriptor: number, identity: string) {
    this.#descriptor = descriptor;
    this.#identity = identity;
    this.update();
  }

  /** Reads what was added since the last time. */
  update(): void {
    const { bytes, lines } = LIMITS.perfMap;
    const { size } = fstatSync(this.#descriptor);
    const before = this.#entries.length;
    if (size <= this.#readTo) return;
    for (const line of linesOf(this.#descriptor, bytes - this.#readTo, this.#readTo, false)) {
      if (this.#entries.length >= lines) break;
      const entry = readLine(line.bytes, line.at);
      if (entry !== undefined) this.#entries.push(entry);
      this.#readTo = line.at + line.bytes.length + 1;
    }
    if (this.#entries.length === before) return;
    // Of functions that took the place of others the last one counts: sorting keeps the order of equal ones.
    this.#sorted = this.#entries.toSorted((a, b) => a.start - b.start);
    this.#starts = Float64Array.from(this.#sorted, ({ start }) => start);
  }

  isOf(identity: string): boolean {
    return this.#identity === identity;
  }

  find(address: bigint): SymbolAt | undefined {
    const entry = this.#sorted[greatestUpTo(this.#starts, Number(address))];
    const offset = Number(address) - (entry?.start ?? NaN);
    if (entry === undefined || !(offset < entry.size)) return undefined;
    const name = Buffer.alloc(Math.min(entry.nameBytes, LIMITS.perfMap.nameBytes));
    const read = readSync(this.#descriptor, name, 0, name.length, entry.nameAt);
    return { name: name.toString("utf8", 0, read), offset };
  }

  /** memory that the index takes */
  get entries(): number {
    return this.#entries.length;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** So many bytes hold the numbers of a line. */
const NUMBERS = 32;

function readLine(bytes: Buffer, at: number): Entry | undefined {
  const head = bytes.subarray(0, NUMBERS).toString("latin1");
  const [numbers, start, size] = /^(?:0x)?([0-9a-f]{1,13}) (?:0x)?([0-9a-f]{1,8}) (?=.)/.exec(head) ?? [];
  if (numbers === undefined) return undefined;
  return {
    start: Number(`0x${start}`),
    size: Number(`0x${size}`),
    nameAt: at + numbers.length,
    nameBytes: bytes.length - numbers.length,
  };
}

/**
 * The map of a process; undefined where it has none, and where it is on a file system that may never answer.
 *
 * @param root of the process
 * @param before what was read the last time, which reads on where the file is the same one, and is closed where it is not
 */
export function readPerfMap(pid: number, root: PathRoot, before?: PerfMap): PerfMap | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const innermostPid = /^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? String(pid);
    const owner = BigInt(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? -1);
    const folder = resolveInRoot(root, "/tmp");
    const path = typeof folder === "string" ? `${folder}/perf-${innermostPid}.map` : undefined;
    if (path === undefined || root.slow.at(path) !== undefined) return undefined;
    return readOwned(`${root.folder}${path}`, owner, before);
  } catch {
    return undefined;
  }
}

/** The process chose what stands at that path: only a plain file of its own user is read. */
function readOwned(path: string, owner: bigint, before: PerfMap | undefined): PerfMap | undefined {
  const held = holdRegular(path, false);
  if (held === undefined) return undefined;
  try {
    if (held.stats.uid !== owner) return undefined;
    const identity = [held.stats.dev, held.stats.ino].join(" ");
    if (before?.isOf(identity) === true) {
      before.update();
      return before;
    }
    const map = new PerfMap(openHeld(held.descriptor), identity);
    before?.[Symbol.dispose]();
    return map;
  } finally {
    closeSync(held.descriptor);
  }
}

/** The map that a file on this host holds, for its own reader. */
export function openPerfMap(path: string): PerfMap {
  return new PerfMap(openSync(path, "r"), path);
}
