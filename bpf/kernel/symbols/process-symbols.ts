import { allSlow } from "../processes/mounts.ts";
import { rootOf, type PathRoot } from "../processes/open-in-root.ts";
import { isInOwnNamespace } from "../processes/user-namespace.ts";
import type { MappedFiles } from "./mapped-files.ts";
import { readPerfMap, type PerfMap } from "./perf-map.ts";
import { isRunning, readMappings, type Mapping } from "./process-maps.ts";
import { findAt, hex, fileName, type AddressKind, type ProcessIdentity, type SymbolAt } from "./symbols.ts";

/**
 * The time for which mappings are used without reading them again: programs load libraries, and
 * become others by execve(2).
 */
const KEPT_MS = 1000;
/** An address outside all known mappings makes them read again at once, but at most this often. */
const MISS_MS = 50;
/** Mappings are kept this many times as long as reading them took. */
const SHARE = 50;

/** The functions of one process. What was read while it ran is used after its end. */
export class ProcessSymbols implements Disposable {
  readonly #process: ProcessIdentity;
  readonly #files: MappedFiles;
  readonly #nowMs: () => number;
  #mappings: readonly Mapping[] = [];
  #root: PathRoot = NO_ROOT;
  #readAtMs = -Infinity;
  #readingMs = 0;
  #perfMap: PerfMap | undefined;
  #perfMapReadAtMs = -Infinity;

  constructor(process: ProcessIdentity, files: MappedFiles, nowMs: () => number) {
    this.#process = process;
    this.#files = files;
    this.#nowMs = nowMs;
  }

  /** Returns `function+offset`, `[file+0x1f]`, or the address. */
  text(address: bigint, kind: AddressKind = "exact"): string {
    const mapping = this.#mappingOf(address);
    if (mapping === undefined) return hex(address);
    if (!isFile(mapping)) return findAt((wanted) => this.#compiled(wanted), address, kind) ?? hex(address);
    const symbols = this.#files.symbols(this.#process.pid, this.#root, mapping);
    const placeOf = (wanted: bigint): number => mapping.fileOffset + Number(wanted - mapping.start);
    const found = findAt(
      (wanted) => {
        const own = symbols?.addressOf(placeOf(wanted));
        return own === undefined ? undefined : symbols?.find(own);
      },
      address,
      kind,
    );
    return (
      found ??
      `[${fileName(mapping.name)}+0x${(symbols?.addressOf(placeOf(address)) ?? placeOf(address)).toString(16)}]`
    );
  }

  /** how much of it is remembered, in mappings and compiled functions */
  get size(): number {
    return 1 + this.#mappings.length + (this.#perfMap?.entries ?? 0);
  }

  [Symbol.dispose](): void {
    this.#perfMap?.[Symbol.dispose]();
    this.#perfMap = undefined;
  }

  #mappingOf(address: bigint): Mapping | undefined {
    this.#refresh(KEPT_MS);
    const find = (): Mapping | undefined => this.#mappings.find(({ start, end }) => address >= start && address < end);
    const found = find();
    if (found !== undefined || !this.#refresh(MISS_MS)) return found;
    return find();
  }

  #refresh(afterMs: number): boolean {
    const now = this.#nowMs();
    // Reading must take only a small part of the time: the maps of some processes have megabytes.
    if (now - this.#readAtMs < Math.max(afterMs, SHARE * this.#readingMs)) return false;
    this.#readAtMs = now;
    const mappings = isRunning(this.#process) ? readMappings(this.#process.pid) : [];
    const root = mappings.length > 0 ? rootOfProcess(this.#process.pid) : undefined;
    if (root !== undefined) [this.#mappings, this.#root] = [mappings, root];
    this.#readingMs = this.#nowMs() - now;
    return true;
  }

  #compiled(address: bigint): SymbolAt | undefined {
    const found = this.#perfMap?.find(address);
    const now = this.#nowMs();
    if (found !== undefined || now - this.#perfMapReadAtMs < KEPT_MS) return found;
    this.#perfMapReadAtMs = now;
    this.#perfMap =
      (isRunning(this.#process) ? readPerfMap(this.#process.pid, this.#root, this.#perfMap) : undefined) ??
      this.#perfMap;
    return this.#perfMap?.find(address);
  }
}

/** The root of a process that nothing is known of: none of its files is looked at. */
const NO_ROOT: PathRoot = { folder: "/proc/-1/root", slow: allSlow("unknown") };

/** Returns undefined after the process has ended. */
function rootOfProcess(pid: number): PathRoot | undefined {
  const isOwn = isInOwnNamespace(pid);
  return isOwn === undefined ? undefined : rootOf(pid, isOwn ? "foreign" : "user");
}

/**
 * True if a file holds the code. A compiler in the process writes its code into memory of its own
 * or of `memfd_create`.
 */
function isFile({ name }: Mapping): boolean {
  return name === "[vdso]" || (name.startsWith("/") && !name.startsWith("/memfd:") && !name.startsWith("//anon"));
}
