import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { type TestContext, test } from "node:test";
import { ATTACH_TYPES, attach, BpfError, loadProgram } from "libbpf-ts";
import { ELSEWHERE, type MachineFeatureName, machineFeatures, thisGuest } from "../vm/features.ts";
import { kernel } from "./compile/host.ts";
import { exit, move, program } from "./libbpf-ts/assembler.ts";
import { skipWithoutBpf } from "./privilege.ts";
import { takesCompatCalls } from "./support/compat-program.ts";

/** Checks for each feature on the current machine. */
export const finds: Readonly<Record<MachineFeatureName, () => boolean>> = {
  kprobe: () => existsSync("/sys/bus/event_source/devices/kprobe/type"),
  fentry: () => attachesFentry(),
  bpf_lsm: () => kernel.has("lsm"),
  kprobe_multi: () => hasFunction("register_fprobe_ips"),
  uprobe_multi: () => hasFunction("bpf_uprobe_multi_link_attach"),
  attach_cookie: () => kernel.has("attach_cookie"),
  module: () => existsSync("/proc/modules") && existsSync(`/lib/modules/${release()}/modules.dep`),
  module_types: () => existsSync("/proc/modules") && hasFunction("btf_module_notify"),
  kernel_data: () => / avenrun$/m.test(readFileSync("/proc/kallsyms", "utf8")),
  own_machine: () => thisGuest !== undefined,
  compat_calls: takesCompatCalls,
  page_fault_record: () => process.arch === "x64",
  hardware_counters: () => ["cpu", "armv8_pmuv3_0"].some((name) => existsSync(`/sys/bus/event_source/devices/${name}`)),
};

/** Found by trying: a kernel may describe all that it takes and yet refuse. */
function attachesFentry(): boolean {
  const attachBtfId = kernel.btf.find("function", "do_nanosleep");
  if (attachBtfId === undefined) return false;
  const instructions = program(move(0, 0), exit);
  const expectedAttachType = ATTACH_TYPES.trace_fentry;
  try {
    const load = { type: "tracing", name: "needs", license: "GPL", instructions } as const;
    using entered = loadProgram({ ...load, expectedAttachType, attachBtfId });
    using _ = attach(entered, { kind: "tp_btf" });
    return true;
  } catch (error) {
    if (error instanceof BpfError) return false;
    throw error;
  }
}

/** A kernel describes the functions that it has; one that was not configured is not there. */
function hasFunction(name: string): boolean {
  return kernel.btf.find("function", name) !== undefined;
}

/**
 * For the `skip` option of a test or suite that needs what not every kernel has: why it cannot run
 * here, or false where it can. The runner knows by it that a guest of the matrix runs the test, or
 * that no machine can (test/vm/features.ts).
 */
export function lacking(...features: readonly MachineFeatureName[]): string | false {
  if (skipWithoutBpf !== false) return skipWithoutBpf;
  const missing = features.find((name) => !finds[name]());
  return missing === undefined ? false : `${ELSEWHERE}${missing}: needs ${machineFeatures[missing].what}`;
}

/** A kernel test that needs what not every kernel has. */
export function kernelTestNeeding(
  features: MachineFeatureName | readonly MachineFeatureName[],
  name: string,
  body: (context: TestContext) => void | Promise<void>,
): void {
  void test(name, { skip: lacking(...[features].flat()) }, body);
}
