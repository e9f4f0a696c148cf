import type { MappedFiles } from "./mapped-files.ts";
import { readPerfMap, type PerfMap } from "./perf-map.ts";
import { isRunning, readMappings, type Mapping } from "./process-maps.ts";
import { findAt, hex, type AddressKind, type ProcessIdentity, type SymbolAt } from "./symbols.ts";

/** How long mappings are taken for what they were: programs load libraries, and become others by execve(2). */
const KEPT_MS = 1000;
/** An address of no known mapping has them read anew at once, but not for each of many. */
const MISS_MS = 50;

/** The functions of one process. What was read of it while it ran is used after its end. */
export class ProcessSymbols {
  readonly #process: ProcessIdentity;
  readonly #files: MappedFiles;
  readonly #nowMs: () => number;
  #mappings: readonly Mapping[] = [];
  #readAtMs = -Infinity;
  #perfMap: PerfMap | undefined;
  #perfMapReadAtMs = -Infinity;

  constructor(process: ProcessIdentity, files: MappedFiles, nowMs: () => number) {
    this.#process = process;
    this.#files = files;
    this.#nowMs = nowMs;
  }

  /** `function+offset`, `[file+0x1f]`, or the address. */
  text(address: bigint, kind: AddressKind = "exact"): string {
    const mapping = this.#mappingOf(address);
    if (mapping === undefined) return hex(address);
    if (!isFile(mapping)) return findAt((wanted) => this.#compiled(wanted), address, kind) ?? hex(address);
    const symbols = this.#files.symbols(this.#process.pid, mapping);
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
      found ?? `[${fileName(mapping)}+0x${(symbols?.addressOf(placeOf(address)) ?? placeOf(address)).toString(16)}]`
    );
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
    if (now - this.#readAtMs < afterMs) return false;
    this.#readAtMs = now;
    const mappings = isRunning(this.#process) ? readMappings(this.#process.pid) : [];
    if (mappings.length > 0) this.#mappings = mappings;
    return true;
  }

  #compiled(address: bigint): SymbolAt | undefined {
    const found = this.#perfMap?.find(address);
    const now = this.#nowMs();
    if (found !== undefined || now - this.#perfMapReadAtMs < KEPT_MS) return found;
    this.#perfMapReadAtMs = now;
    this.#perfMap =
      (isRunning(this.#process) ? readPerfMap(this.#process.pid, this.#perfMap) : undefined) ?? this.#perfMap;
    return this.#perfMap?.find(address);
  }
}

/** Code that no file holds: what a compiler of the process wrote, into memory of its own or of `memfd_create`. */
function isFile({ name }: Mapping): boolean {
  return name === "[vdso]" || (name.startsWith("/") && !name.startsWith("/memfd:") && !name.startsWith("//anon"));
}

const fileName = ({ name }: Mapping): string =>
  name
    .replace(/ \(deleted\)$/, "")
    .replace(/^.*\//, "")
    .replace(/[[\]]/g, "");
