import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readFunctionTexts } from "./host-functions.ts";
import { readVmlinuxBtf } from "./host-facts.ts";
import { answerOf, elfFileOf, withFileBytes } from "./elf/elf-files.ts";
import { NotedReads } from "./elf/recorded-reads.ts";
import type { ElfFile, Kernel, KernelFeature, PerfEvent } from "./kernel.ts";
import type { RecordedFacts } from "./recorded-kernel.ts";
import { findTracefs } from "./tracefs.ts";

/** The facts to record that are too many to record all. */
export interface RecordOptions {
  /** executables and libraries, by the names that rules use */
  readonly files: Iterable<string>;
  /** hardware events of perf to try */
  readonly perfEvents: Iterable<PerfEvent>;
}

/**
 * Writes the facts of the running kernel into a folder, for `openRecordedKernel` on another host.
 * Makes the folder if it is absent. Throws KernelFactsError if the kernel does not give a fact, and
 * an error of node:fs if the folder cannot be written.
 *
 * @param kernel the running kernel
 */
export function recordKernel(folder: string, kernel: Kernel, options: RecordOptions): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "btf.gz"), gzipSync(readVmlinuxBtf()));
  const tracefs = findTracefs();
  recordTracepoints(folder, kernel, tracefs);
  recordFunctions(folder, tracefs);
  recordModules(folder);
  // last: a folder without it is not a record
  writeFileSync(join(folder, "facts.json"), `${JSON.stringify(factsOf(folder, kernel, options), undefined, 2)}\n`);
}

/** The features to record. The type makes sure that none is forgotten. */
const FEATURES: Readonly<Record<KernelFeature, true>> = {
  current_task_btf: true,
  task_storage: true,
  atomic_fetch: true,
  perf_link: true,
  attach_cookie: true,
  kprobe: true,
  kprobe_multi: true,
  uprobe_multi: true,
  fentry: true,
  lsm: true,
  ring_buffer: true,
  signed_division: true,
};

function factsOf(folder: string, kernel: Kernel, { files, perfEvents }: RecordOptions): RecordedFacts {
  const counted = [...perfEvents].filter((event) => kernel.counts(event));
  return {
    release: kernel.release,
    architecture: kernel.architecture,
    possibleCpus: kernel.possibleCpus,
    pageBytes: kernel.pageBytes,
    features: (Object.keys(FEATURES) as KernelFeature[]).filter((feature) => kernel.has(feature)),
    perfEvents: counted.map(({ type, config }) => `${type}:${config}`),
    elf: recordFiles(folder, kernel, [...files]),
    hasOtherFiles: true,
  };
}

type RecordedFile = RecordedFacts["elf"][string];

/** Records each file once, under every name that rules use for it. */
function recordFiles(folder: string, kernel: Kernel, names: readonly string[]): RecordedFacts["elf"] {
  mkdirSync(join(folder, "elf"), { recursive: true });
  const byPath = new Map<string, RecordedFile>();
  const record = (name: string): RecordedFile => {
    const file = kernel.elf(name);
    if (typeof file === "string") return file;
    const recorded = byPath.get(file.path) ?? recordElf(folder, file.path, join("elf", `${byPath.size}.gz`));
    byPath.set(file.path, recorded);
    return recorded;
  };
  return Object.fromEntries(names.map((name) => [name, record(name)]));
}

/**
 * Asks a file all that is ever asked of one, and keeps what was read for it: a record answers as
 * the file does.
 */
function recordElf(folder: string, path: string, content: string): RecordedFile {
  const noted = withFileBytes(path, (bytes) => {
    const reads = new NotedReads(bytes);
    const file = elfFileOf(reads, path);
    if (typeof file === "string") return file;
    const asked = answerOf(() => askAll(file));
    return asked ?? reads.record();
  });
  if (noted === undefined || typeof noted === "string") return noted ?? "not a regular file";
  const { content: bytes, ...ranges } = noted;
  writeFileSync(join(folder, content), gzipSync(bytes));
  return { path, content, ...ranges };
}

/**
 * Assemblers may leave symbols that do not say how long their functions are. Such a function is
 * recorded up to the next one, and within these limits.
 */
const LEAST_CODE_BYTES = 4096;
const MOST_CODE_BYTES = 1 << 20;

function askAll(file: ElfFile): undefined {
  const functions = file.functions();
  const others = file.symbols(functions.flatMap(({ sameName }) => sameName ?? []));
  file.indirectNames?.();
  file.staticProbes();
  const all = [...functions, ...others.values()];
  const starts = [...new Set(all.map(({ fileOffset }) => fileOffset))].toSorted((a, b) => a - b);
  const next = new Map(starts.map((start, at) => [start, starts[at + 1] ?? start]));
  for (const { fileOffset, bytes = 0 } of all) {
    const upToNext = (next.get(fileOffset) ?? fileOffset) - fileOffset;
    const assumed = Math.min(Math.max(upToNext, LEAST_CODE_BYTES), MOST_CODE_BYTES);
    file.code?.(fileOffset, bytes > 0 ? bytes : assumed);
  }
}

function recordTracepoints(folder: string, kernel: Kernel, tracefs: string): void {
  const names = kernel.tracepoints();
  for (const { category, name } of names) {
    const place = join("events", category, name);
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, place, "format"), readFileSync(join(tracefs, place, "format")));
  }
  writeFileSync(join(folder, "available_events"), names.map(({ category, name }) => `${category}:${name}\n`).join(""));
}

/**
 * Records functions alone, without their addresses: those change at each boot, and should stay
 * private.
 */
function recordFunctions(folder: string, tracefs: string): void {
  const { blacklist, symbols, traceable } = readFunctionTexts(tracefs);
  const functions = symbols.split("\n").filter((line) => /^\S+ [tT] /.test(line));
  const lines = functions.map((line) => `${line.replace(/^\S+/, "0")}\n`);
  writeFileSync(join(folder, "kallsyms"), lines.join(""));
  writeFileSync(join(folder, "kprobes_blacklist"), blacklist.replaceAll(/^\S+/gm, "0"));
  if (traceable !== undefined) writeFileSync(join(folder, "available_filter_functions"), traceable);
}

function recordModules(folder: string): void {
  const modules = readdirSync("/sys/kernel/btf").filter((name) => name !== "vmlinux");
  mkdirSync(join(folder, "modules"), { recursive: true });
  for (const name of modules)
    writeFileSync(join(folder, "modules", `${name}.btf.gz`), gzipSync(readFileSync(join("/sys/kernel/btf", name))));
}
