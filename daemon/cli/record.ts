import { wantsColor } from "../service/wants-color.ts";
import { PERF_EVENTS } from "../../bpf/check/probes/perf-event-names.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import { recordKernel } from "../../bpf/kernel/record-kernel.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { buildRule } from "../run/build-rule.ts";
import { fail } from "./host-trouble.ts";
import { readPaths } from "./read-paths.ts";

/**
 * `bpfwarden probes --record DIR`: records this kernel, and those files of the host that `rules`
 * probe.
 */
export async function record(folder: string, rules: readonly string[], kernel: Kernel): Promise<void> {
  const read = await readPaths(rules);
  if (read.rules.length === 0 && rules.length > 0) {
    if (read.diagnostics.length > 0)
      console.error(formatDiagnostics(read.diagnostics, { color: wantsColor(process.stderr) }));
    return fail(`expected rules whose files to record, found none in ${rules.join(" ")}`);
  }
  const files = new Set<string>();
  const noting = noteFiles(kernel, files);
  for (const rule of read.rules) buildRule(rule, noting);
  recordKernel(folder, kernel, { files, perfEvents: PERF_EVENTS.values() });
  const count = `${files.size} ${files.size === 1 ? "file" : "files"}`;
  console.log(`${folder}: recorded Linux ${kernel.release} on ${kernel.architecture}, and ${count} that rules probe`);
}

/** Returns the same kernel, with a note of each file that is requested. */
function noteFiles(kernel: Kernel, files: Set<string>): Kernel {
  return {
    ...kernel,
    elf(name) {
      files.add(name);
      return kernel.elf(name);
    },
  };
}
