/** Features that some test machines have and others lack. */
export interface MachineFeature {
  /** in words, for who reads why a test did not run */
  readonly what: string;
  /**
   * the guests that have it, by name; a guest named here that lacks it fails. None means that no
   * machine of ours has it.
   */
  readonly guests: readonly string[];
}

const X86 = ["5.10", "6.1", "6.12"];
const ALL = [...X86, "6.12-arm64"];

/**
 * The kept list: a test that needs one of these and does not find it is left to the guests named
 * here, and to nobody where none is. Anything else that is skipped fails in continuous integration.
 */
export const machineFeatures = {
  kprobe: { what: "kprobes (CONFIG_KPROBES)", guests: ALL },
  fentry: { what: "fentry and fexit (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)", guests: ALL },
  bpf_lsm: {
    what: "BPF among the security modules (CONFIG_BPF_LSM, bpf in lsm=)",
    guests: ["6.1", "6.12", "6.12-arm64"],
  },
  kprobe_multi: { what: "kprobe.multi (CONFIG_FPROBE, since 5.18)", guests: ["6.12"] },
  uprobe_multi: { what: "uprobe.multi (since 6.6)", guests: ["6.12", "6.12-arm64"] },
  attach_cookie: {
    what: "cookies of links (bpf_get_attach_cookie, since 5.15)",
    guests: ["6.1", "6.12", "6.12-arm64"],
  },
  module: { what: "modules that can be loaded", guests: ALL },
  module_types: {
    what: "types of modules (CONFIG_DEBUG_INFO_BTF_MODULES, since 5.11)",
    guests: ["6.1", "6.12", "6.12-arm64"],
  },
  kernel_data: { what: "names of the kernel's variables (CONFIG_KALLSYMS_ALL)", guests: ALL },
  own_machine: { what: "a machine of its own, to take processors away from", guests: ALL },
  compat_calls: { what: "system calls of i386 (CONFIG_IA32_EMULATION)", guests: X86 },
  page_fault_record: { what: "the tracepoint of page faults of x86", guests: X86 },
  hardware_counters: { what: "a processor that counts cycles for us: emulated and rented ones do not", guests: [] },
} as const satisfies Readonly<Record<string, MachineFeature>>;

export type MachineFeatureName = keyof typeof machineFeatures;

/**
 * The beginning of the reason of a skip that is left to another machine; the feature's name
 * follows.
 */
export const ELSEWHERE = "elsewhere: ";

/** The name of the guest that this process runs in; undefined outside of the matrix. */
export const thisGuest: string | undefined = process.env["BPFWARDEN_GUEST"];

/** True if a test that lacks a feature here may be left out: not in a guest that is said to have it. */
export function mayBeElsewhere(feature: string, guest: string | undefined): boolean {
  const known: Readonly<Record<string, MachineFeature>> = machineFeatures;
  const { guests } = known[feature] ?? { guests: undefined };
  return guests !== undefined && (guest === undefined || !guests.includes(guest));
}
