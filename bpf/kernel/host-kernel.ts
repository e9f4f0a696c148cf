import { readFileSync } from "node:fs";
import { release } from "node:os";
import { openBtf } from "./btf/open-btf.ts";
import { elfFiles } from "./elf/elf-files.ts";
import { architectureOf, countCpus, pageBytesOf, readVmlinuxBtf } from "./host-facts.ts";
import { hostFunctions } from "./host-functions.ts";
import { hostModuleBtf } from "./host-module-btf.ts";
import type { Btf, Kernel, KernelFeature, PerfEvent } from "./kernel.ts";
import { addressIn, readKallsyms } from "./symbol-address.ts";
import { once } from "./once.ts";
import { findTracefs, openTracefs, tracefsOrNone, type Tracefs } from "./tracefs.ts";
import { formatNames } from "./tracepoint/format-names.ts";
import { whileUsed } from "./while-used.ts";

export interface HostKernelOptions {
  /** probes the kernel for a feature, once each: needs bpf(2), which is not for this folder to call */
  readonly has: (feature: KernelFeature) => boolean;
  /** tries an event of perf: needs perf_event_open(2); none is counted where absent */
  readonly counts?: (event: PerfEvent) => boolean;
  /** whether BTF, some 8 MB, is let go of where nobody holds it, and read again when it is asked for: for who runs long after compiling */
  readonly letsGoOfTypes?: boolean;
  /** where tracefs is mounted; found where absent */
  readonly tracefs?: string;
}

/**
 * The running host. BTF and tracefs are opened when first asked for, and throw KernelFactsError then, saying what is missing and how
 * to get it; whoever needs to know at once touches `btf` and calls `tracepoints()`. BTF stays in memory as long as the kernel value,
 * unless the options say otherwise.
 */
export function openHostKernel(options: HostKernelOptions): Kernel {
  const open = (): Btf => openBtf(readVmlinuxBtf());
  const btf = options.letsGoOfTypes === true ? whileUsed(open) : once(open);
  const names = formatNames(btf);
  const tracefs = once((): Tracefs => openTracefs(options.tracefs ?? findTracefs(), () => names));
  const features = new Map<KernelFeature, boolean>();
  return {
    release: release(),
    architecture: architectureOf(process.arch),
    possibleCpus: countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8")),
    pageBytes: pageBytesOf(readFileSync("/proc/self/auxv")),
    get btf() {
      return btf();
    },
    has(feature) {
      const known = features.get(feature) ?? options.has(feature);
      features.set(feature, known);
      return known;
    },
    tracepoint: (category, name) => tracefs().tracepoint(category, name),
    tracepoints: () => tracefs().tracepoints(),
    symbolAddress: (name) => addressIn(readKallsyms(), name),
    functions: hostFunctions(() => options.tracefs ?? tracefsOrNone()),
    moduleBtf: hostModuleBtf(btf),
    elf: elfFiles(),
    counts: (event) => options.counts?.(event) ?? false,
  };
}
