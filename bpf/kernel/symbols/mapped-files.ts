import { closeSync, openSync, readSync } from "node:fs";
import { readElfImage } from "../elf/elf-image.ts";
import { BeyondLimit, memoryBytes, openFileBytes, ReadBudget, type FileBytes } from "../elf/file-reader.ts";
import { LIMITS } from "../limits.ts";
import { openInRoot, type PathRoot } from "../processes/open-in-root.ts";
import { holdRegular, openHeld, type HeldPlace } from "../processes/open-regular.ts";
import { fileSymbols, type FileSymbols } from "./file-symbols.ts";
import { readMappings, type Mapping } from "./process-maps.ts";

/** Files that are held open at once. */
const MOST_FILES = 128;

interface KnownFile {
  /** absent if the file cannot be used */
  readonly symbols?: FileSymbols;
  readonly budget?: ReadBudget;
  readonly descriptor?: number;
}

/**
 * The symbols of files by device and inode. Each file is indexed once, whichever process maps it,
 * until it changes or the memory is needed for others.
 */
export class MappedFiles {
  readonly #known = new Map<string, KnownFile>();
  /** the file of a mapping: it names what a process that has ended since had mapped */
  readonly #identities = new WeakMap<Mapping, string>();
  #bytes = 0;

  /**
   * Returns the functions of a mapped file, or undefined if it cannot be read or is not an ELF
   * file.
   *
   * @param root of the process
   */
  symbols(pid: number, root: PathRoot, mapping: Mapping): FileSymbols | undefined {
    if (mapping.name === "[vdso]") return this.#take("[vdso]", readVdso);
    const identity = this.#identities.get(mapping);
    if (identity !== undefined && this.#known.has(identity)) return this.#take(identity, () => ({}));
    const held = holdMapped(pid, root, mapping);
    if (held === undefined) return undefined;
    try {
      const { dev, ino, mtimeNs, size } = held.stats;
      const found = [dev, ino, size, mtimeNs].join(" ");
      this.#identities.set(mapping, found);
      return this.#take(found, () => openKnown(held.descriptor, Number(size)));
    } finally {
      closeSync(held.descriptor);
    }
  }

  /** Takes a file, which is then the last to be forgotten. */
  #take(identity: string, read: () => KnownFile): FileSymbols | undefined {
    const found = this.#known.get(identity) ?? this.#add(read());
    this.#known.delete(identity);
    this.#known.set(identity, found);
    found.budget?.renew();
    return found.symbols;
  }

  #add(file: KnownFile): KnownFile {
    this.#bytes += file.symbols?.bytes ?? 0;
    for (const [oldest, each] of this.#known) {
      if (this.#bytes <= LIMITS.indexBytes && this.#known.size < MOST_FILES) break;
      this.#bytes -= each.symbols?.bytes ?? 0;
      this.#known.delete(oldest);
      if (each.descriptor !== undefined) closeSync(each.descriptor);
    }
    return file;
  }
}

/**
 * Holds the file of a mapping, even after it was deleted or replaced. If the kernel does not allow
 * that, the file is found by its path in the process's own mount namespace. A file on a file system
 * that may never answer is not held.
 */
function holdMapped(pid: number, root: PathRoot, { device, end, name, start }: Mapping): HeldPlace | undefined {
  if (root.slow.of(device) !== undefined) return undefined;
  try {
    return holdRegular(`/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`, true);
  } catch {
    const looked = openInRoot(root, name);
    return looked === undefined || "fault" in looked ? undefined : looked;
  }
}

function openKnown(held: number, bytes: number): KnownFile {
  let descriptor: number | undefined;
  try {
    descriptor = openHeld(held);
    const known = indexed(openFileBytes(descriptor, bytes));
    if (known.symbols === undefined) closeSync(descriptor);
    return known.symbols === undefined ? known : { ...known, descriptor };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    if (error instanceof BeyondLimit || (error instanceof Error && "code" in error)) return {};
    throw error;
  }
}

function indexed(file: FileBytes): KnownFile {
  const budget = new ReadBudget(file);
  const image = readElfImage(budget);
  return typeof image === "string" ? {} : { symbols: fileSymbols(image), budget };
}

/**
 * Reads the vdso. The kernel maps the same code into every process, so this process's own is read.
 */
function readVdso(): KnownFile {
  const vdso = readMappings(process.pid).find(({ name }) => name === "[vdso]");
  if (vdso === undefined) return {};
  const bytes = Buffer.alloc(Number(vdso.end - vdso.start));
  const memory = openSync("/proc/self/mem", "r");
  try {
    readSync(memory, bytes, 0, bytes.length, vdso.start);
    return indexed(memoryBytes(bytes));
  } catch {
    return {};
  } finally {
    closeSync(memory);
  }
}
