import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openBtf } from "./btf/open-btf.ts";
import { openSplitBtf } from "./btf/split-btf.ts";
import { elfFileOf } from "./elf/elf-files.ts";
import { recordedFile, type RecordedRanges } from "./elf/recorded-reads.ts";
import { openFunctions } from "./functions.ts";
import { KernelFactsError } from "./kernel-facts-error.ts";
import type {
  Architecture,
  Btf,
  ElfFile,
  Kernel,
  KernelFeature,
  KernelFunctions,
  StaticProbe,
  StaticProbeArgument,
} from "./kernel.ts";
import { once } from "./once.ts";
import { addressIn } from "./symbol-address.ts";
import { openTracefs } from "./tracefs.ts";
import { formatNames } from "./tracepoint/format-names.ts";

const PERF_TYPE_SOFTWARE = 1;

/** `facts.json` of a recorded kernel. */
export interface RecordedFacts {
  readonly release: string;
  readonly architecture: Architecture;
  readonly possibleCpus: number;
  readonly pageBytes: number;
  readonly features: readonly KernelFeature[];
  /**
   * hardware events of perf that the machine counts, as `TYPE:CONFIG`, such as `0:0`; software
   * events need not be named
   */
  readonly perfEvents?: readonly string[];
  /**
   * by every name that rules may use for the file: `/bin/bash`, `libc.so.6`; a text says why there
   * is none
   */
  readonly elf: Readonly<Record<string, RecordedElf | RecordedContents | string>>;
  /** true if the host has more files than these */
  readonly hasOtherFiles?: boolean;
}

/** A recorded file: its tables, its notes, and the code of its functions. */
export interface RecordedContents extends RecordedRanges {
  readonly path: string;
  /** the gzipped bytes of its ranges, in the folder of the record */
  readonly content: string;
}

/** A file that is described, as records were once made, and as fixtures are. */
export interface RecordedElf {
  readonly path: string;
  /** function name → file offset */
  readonly functions: Readonly<Record<string, number>>;
  readonly staticProbes?: readonly RecordedStaticProbe[];
  readonly isGo?: true;
  readonly isStripped?: true;
  /** functions that are chosen when a program starts */
  readonly indirect?: readonly string[];
}

/** A static probe in JSON, which has no bigint: a constant argument's value is a decimal text. */
export type RecordedStaticProbe = Omit<StaticProbe, "arguments"> & { readonly arguments: readonly RecordedArgument[] };

type RecordedArgument = string | (Omit<StaticProbeArgument, "at"> & { readonly at: RecordedPlace });
type RecordedPlace =
  | { readonly kind: "constant"; readonly value: string }
  | Exclude<StaticProbeArgument["at"], { readonly kind: "constant" }>;

function recordedProbe(probe: RecordedStaticProbe): StaticProbe {
  return { ...probe, arguments: probe.arguments.map(recordedArgument) };
}

function recordedArgument(argument: RecordedArgument): StaticProbeArgument | string {
  if (typeof argument === "string") return argument;
  const { at } = argument;
  return { ...argument, at: at.kind === "constant" ? { kind: "constant", value: BigInt(at.value) } : at };
}

/**
 * Opens a kernel from a folder of facts: `facts.json`; `btf.gz`, a gzipped BTF blob;
 * `available_events` and `events/CATEGORY/NAME/format` as in tracefs. If functions can be probed,
 * also `available_filter_functions` as there, `kallsyms` as in /proc, `kprobes_blacklist` as in
 * debugfs, and `modules/NAME.btf.gz`. `recordKernel` writes such a folder. It is for checking rules
 * without that kernel, and for tests whose results must not depend on the host. Throws
 * KernelFactsError if the folder lacks something.
 */
export function openRecordedKernel(folder: string): Kernel {
  const facts = JSON.parse(read(join(folder, "facts.json")).toString("utf8")) as RecordedFacts;
  const btf = once(() => openBtf(gunzipSync(read(join(folder, "btf.gz")))));
  const tracefs = openTracefs(folder, () => formatNames(btf));
  return {
    release: facts.release,
    architecture: facts.architecture,
    possibleCpus: facts.possibleCpus,
    pageBytes: facts.pageBytes,
    get btf() {
      return btf();
    },
    has: (feature) => facts.features.includes(feature),
    tracepoint: (category, name) => tracefs.tracepoint(category, name),
    tracepoints: () => tracefs.tracepoints(),
    symbolAddress: (name) => addressIn(kallsymsIn(folder), name),
    functions: once(() => recordedFunctions(folder)),
    moduleBtf: (module) => recordedModuleBtf(folder, module, btf()),
    elf: recordedFiles(folder, facts),
    counts: ({ type, config }) =>
      type === PERF_TYPE_SOFTWARE || facts.perfEvents?.includes(`${type}:${config}`) === true,
  };
}

function kallsymsIn(folder: string): Buffer {
  const path = join(folder, "kallsyms");
  return existsSync(path) ? read(path) : Buffer.alloc(0);
}

function recordedFunctions(folder: string): KernelFunctions {
  const text = (name: string): string | undefined =>
    existsSync(join(folder, name)) ? read(join(folder, name)).toString("utf8") : undefined;
  return openFunctions({
    traceable: text("available_filter_functions"),
    symbols: text("kallsyms") ?? "",
    blacklist: text("kprobes_blacklist") ?? "",
  });
}

function recordedModuleBtf(folder: string, module: string, base: Btf): Btf | undefined {
  const path = join(folder, "modules", `${module}.btf.gz`);
  if (!/^\w+$/.test(module) || !existsSync(path)) return undefined;
  return openSplitBtf(gunzipSync(read(path)), base, gunzipSync(read(join(folder, "btf.gz"))));
}

function recordedFiles(folder: string, facts: RecordedFacts): Kernel["elf"] {
  const known = new Map<string, ElfFile | string>();
  return (pathOrSoname) => {
    const file = known.get(pathOrSoname) ?? recordedElf(folder, facts, pathOrSoname);
    known.set(pathOrSoname, file);
    return file;
  };
}

function recordedElf(folder: string, { elf, hasOtherFiles }: RecordedFacts, pathOrSoname: string): ElfFile | string {
  const recorded = Object.hasOwn(elf, pathOrSoname) ? elf[pathOrSoname] : undefined;
  if (typeof recorded === "string") return recorded;
  if (recorded === undefined && hasOtherFiles === true)
    return 'it was not recorded: name a rule that probes it in "bpfwarden probes --record DIR --rules PATH..."';
  if (recorded === undefined) return pathOrSoname.startsWith("/") ? "no such file" : "no such library";
  if ("content" in recorded)
    return elfFileOf(recordedFile(recorded, gunzipSync(read(join(folder, recorded.content)))), recorded.path);
  const functions = new Map(Object.entries(recorded.functions));
  const symbol: ElfFile["symbol"] = (name) => {
    const fileOffset = functions.get(name);
    return fileOffset === undefined ? undefined : { name, fileOffset };
  };
  return {
    path: recorded.path,
    symbol,
    symbols: (names) => new Map(names.flatMap((name) => symbol(name) ?? []).map((each) => [each.name, each])),
    symbolNames: () => functions.keys(),
    ...(recorded.isGo && { isGo: true }),
    ...(recorded.isStripped && { isStripped: true }),
    indirectNames: () => new Set(recorded.indirect),
    functions: () => [...functions].map(([name, fileOffset]) => ({ name, fileOffset })),
    staticProbes: () => (recorded.staticProbes ?? []).map(recordedProbe),
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new KernelFactsError(`expected a folder of kernel facts: ${String(error)}`, { cause: error });
  }
}
