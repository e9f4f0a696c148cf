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
  /** probes the kernel once for each feature; needs bpf(2), which this folder does not call */
  readonly has: (feature: KernelFeature) => boolean;
  /** tries an event of perf; needs perf_event_open(2). Without it no event counts. */
  readonly counts?: (event: PerfEvent) => boolean;
  /**
   * true to release BTF, about 8 MB, while nothing uses it, and read it again when needed: for
   * programs that run long after compiling
   */
  readonly letsGoOfTypes?: boolean;
  /** mount point of tracefs; found if absent */
  readonly tracefs?: string;
}

/**
 * Opens the running host. BTF and tracefs are opened when first asked for. They throw
 * KernelFactsError then, which says what is missing and how to get it. A caller that must know at
 * once reads `btf` and calls `tracepoints()`. BTF stays in memory as long as the kernel value,
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
