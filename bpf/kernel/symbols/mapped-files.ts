import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { readElfBytes, readElfImage, type ElfImage } from "../elf/elf-image.ts";
import { fileSymbols, type FileSymbols } from "./file-symbols.ts";
import { readMappings, type Mapping } from "./process-maps.ts";

/** Memory for the symbols of the files that were asked for last. */
const MOST_BYTES = 96 * 1024 * 1024;

/** The symbols of files by device and inode: each is read once, whatever maps it, until it changes or others need the room. */
export class MappedFiles {
  readonly #known = new Map<string, FileSymbols | undefined>();
  /** which file a mapping was of: to name what a process that has ended since had mapped */
  readonly #identities = new WeakMap<Mapping, string>();
  #bytes = 0;

  /** The functions of what a process has mapped; undefined where it cannot be read or is no ELF file. */
  symbols(pid: number, mapping: Mapping): FileSymbols | undefined {
    if (mapping.name === "[vdso]") return this.#take("[vdso]", readVdso);
    const identity = this.#identities.get(mapping);
    if (identity !== undefined && this.#known.has(identity)) return this.#take(identity, () => undefined);
    const descriptor = openMapped(pid, mapping);
    if (descriptor === undefined) return undefined;
    try {
      return this.#open(descriptor, mapping);
    } finally {
      closeSync(descriptor);
    }
  }

  #open(descriptor: number, mapping: Mapping): FileSymbols | undefined {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    const identity = [stats.dev, stats.ino, stats.size, stats.mtimeMs].join(" ");
    this.#identities.set(mapping, identity);
    return this.#take(identity, () => readElfImage(descriptor, stats.size));
  }

  /** The last one taken is the last to go. */
  #take(identity: string, read: () => ElfImage | string | undefined): FileSymbols | undefined {
    if (!this.#known.has(identity)) this.#add(identity, read());
    const found = this.#known.get(identity);
    this.#known.delete(identity);
    this.#known.set(identity, found);
    return found;
  }

  #add(identity: string, image: ElfImage | string | undefined): void {
    const symbols = typeof image === "object" ? fileSymbols(image) : undefined;
    this.#bytes += symbols?.bytes ?? 0;
    for (const [oldest, each] of this.#known) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#bytes -= each?.bytes ?? 0;
      this.#known.delete(oldest);
    }
    this.#known.set(identity, symbols);
  }
}

/**
 * The file itself by its mapping, also where it was deleted or replaced; by its path in the process's own mount namespace where
 * the kernel does not allow that. What a path leads to was not chosen by us: nothing is waited for.
 */
function openMapped(pid: number, { start, end, name }: Mapping): number | undefined {
  const byMapping = `/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
  for (const path of [byMapping, `/proc/${pid}/root${name}`]) {
    try {
      return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      // the next way
    }
  }
  return undefined;
}

/** The code that the kernel maps into every process is the same in ours. */
function readVdso(): ElfImage | string | undefined {
  const vdso = readMappings(process.pid).find(({ name }) => name === "[vdso]");
  if (vdso === undefined) return undefined;
  const bytes = Buffer.alloc(Number(vdso.end - vdso.start));
  const memory = openSync("/proc/self/mem", "r");
  try {
    readSync(memory, bytes, 0, bytes.length, vdso.start);
    return readElfBytes(bytes);
  } catch {
    return undefined;
  } finally {
    closeSync(memory);
  }
}
