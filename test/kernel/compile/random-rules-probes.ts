import { rawTracepointNames } from "../../../bpf/check/probes/rawtracepoint.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";

/** Some of every kind. */
const WELL_KNOWN = [
  "tracepoint:syscalls:sys_enter_openat",
  "tracepoint:sched:sched_switch",
  "tracepoint:sched:sched_process_exec",
  "tracepoint:tcp:tcp_retransmit_skb",
  "tracepoint:sock:inet_sock_set_state",
  "tracepoint:filemap:mm_filemap_add_to_page_cache",
  "tracepoint:block:block_rq_issue",
  "tracepoint:signal:signal_generate",
  "rawtracepoint:sched_switch",
  "rawtracepoint:sys_enter",
  "rawtracepoint:tcp_probe",
  "rawtracepoint:kfree_skb",
  "rawtracepoint:sched_process_exec",
  "uprobe:/bin/bash:readline",
  "uretprobe:/bin/bash:readline",
  "uprobe:libc.so.6:malloc",
  "uretprobe:libc.so.6:getenv",
  "uprobe:libc.so.6:getaddrinfo",
  "usdt:libstdc++.so.6:libstdcxx:throw",
  "usdt:libstdc++.so.6:libstdcxx:catch",
  "profile:99hz",
  "interval:1s",
  "perf:context-switches:1",
  "perf:page-faults:100",
  "kernel:vfs_read",
  "kernelret:vfs_read",
  "fentry:tcp_sendmsg",
  "fexit:tcp_sendmsg",
  "lsm:file_open",
  "lsm:socket_sendmsg",
  "kprobe:do_sys_openat2",
  "kretprobe:do_sys_openat2",
];

const FUNCTION_KINDS = ["kprobe", "kretprobe", "fentry", "fexit", "kernel", "kernelret"];

/**
 * The number of functions of the kernel to draw from: it takes a part of its 60,000.
 */
const FUNCTIONS = 2000;

/** The probes to draw from for rules. Some of them cannot be resolved. */
export interface DrawnProbes {
  /** drawn from alike */
  readonly pools: readonly (readonly string[])[];
  /** the tracepoints at the ends of system calls, which have the same fields */
  readonly exits: readonly string[];
}

const known = new WeakMap<Kernel, DrawnProbes>();

export function probesOf(kernel: Kernel): DrawnProbes {
  const found = known.get(kernel) ?? listProbes(kernel);
  known.set(kernel, found);
  return found;
}

function listProbes(kernel: Kernel): DrawnProbes {
  const tracepoints = kernel.tracepoints().map(({ category, name }) => `tracepoint:${category}:${name}`);
  const rawTracepoints = rawTracepointNames(kernel.btf).map((name) => `rawtracepoint:${name}`);
  const pools = [WELL_KNOWN, WELL_KNOWN, tracepoints, rawTracepoints, functionProbes(kernel)];
  return {
    pools: pools.filter(({ length }) => length > 0),
    exits: tracepoints.filter((name) => name.startsWith("tracepoint:syscalls:sys_exit_")),
  };
}

function functionProbes(kernel: Kernel): readonly string[] {
  if (!kernel.has("kprobe") && !kernel.has("fentry")) return [];
  const names = Array.from(kernel.functions().all(), ({ name }) => name).toSorted();
  const step = Math.max(1, Math.floor(names.length / FUNCTIONS));
  return names
    .filter((_, index) => index % step === 0)
    .map((name, index) => `${FUNCTION_KINDS[index % FUNCTION_KINDS.length] ?? "kernel"}:${name}`);
}
