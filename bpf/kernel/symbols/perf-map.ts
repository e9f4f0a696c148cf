import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { linesOf } from "../lines-of-file.ts";
import { LIMITS } from "../limits.ts";
import { resolveInRoot, type PathRoot } from "../processes/open-in-root.ts";
import { holdRegular, openHeld } from "../processes/open-regular.ts";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/** A function, and where its name is in the file. */
interface Entry {
  readonly start: number;
  readonly size: number;
  readonly nameAt: number;
  readonly nameBytes: number;
}

/**
 * Functions that a process compiled at run time and listed, as Node.js, Java and .NET can:
 * `/tmp/perf-PID.map`, in the /tmp and with the id that the process itself sees
 * (tools/perf/Documentation/jit-interface.txt). Lines are `start size name`, with numbers in hex.
 * The file grows while the process compiles: new lines are read, up to the limits. Names stay in
 * the file until they are asked for.
 */
export class PerfMap implements Disposable {
  readonly #descriptor: number;
  readonly #identity: string;
  readonly #entries: Entry[] = [];
  #sorted: readonly Entry[] = [];
  #starts = new Float64Array();
  #readTo = 0;

  /** @param descriptor an open plain file; the map closes it */
  constructor(descriptor: number, identity: string) {
    this.#descriptor = descriptor;
    this.#identity = identity;
    this.update();
  }

  /** Reads the lines that were added since the last time. */
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
    // When a function took the place of another, the last one counts: sorting keeps the order of
    // equal ones.
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

  /** entries of the index */
  get entries(): number {
    return this.#entries.length;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** The numbers of a line fit into this many bytes. */
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
 * Reads the map of a process. Returns undefined if it has none, or if it is on a file system that
 * may never answer.
 *
 * @param root of the process
 * @param before the map of the last time: it is continued if the file is the same, otherwise closed
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

/** Reads the file at a path that the process chose: only a plain file of its own user is read. */
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

/** Opens the map that a file on this host holds, for its own reader. */
export function openPerfMap(path: string): PerfMap {
  return new PerfMap(openSync(path, "r"), path);
}
