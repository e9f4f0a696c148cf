/**
 * Records the running host as the kernel of `test/bpf/kernel-fixture.ts`, as root: `node
 * test/bpf/kernel/record-fixture.ts`. Tests hold golden values (offsets, type ids) of what it
 * wrote: run it only to add facts, and look at what changes.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openHostKernel } from "../../../bpf/kernel/host-kernel.ts";
import type { Kernel, KernelFeature, StaticProbe, StaticProbeArgument } from "../../../bpf/kernel/kernel.ts";
import type { RecordedElf, RecordedFacts, RecordedStaticProbe } from "../../../bpf/kernel/recorded-kernel.ts";
import { findTracefs } from "../../../bpf/kernel/tracefs.ts";
import { writeBtf } from "./btf/write-btf.ts";
import { trimBtf, type BtfRoots } from "./trim-btf.ts";

const FOLDER = join(import.meta.dirname, "linux-6.18");

const TRACEPOINTS = [
  "block:block_rq_complete",
  "block:block_rq_issue",
  "fib:fib_table_lookup",
  "filemap:mm_filemap_add_to_page_cache",
  "filemap:mm_filemap_delete_from_page_cache",
  "filemap:mm_filemap_fault",
  "filemap:mm_filemap_get_pages",
  "filemap:mm_filemap_map_pages",
  "ipi:ipi_send_cpumask",
  "raw_syscalls:sys_enter",
  "raw_syscalls:sys_exit",
  "sched:sched_process_exec",
  "sched:sched_process_exit",
  "sched:sched_process_fork",
  "sched:sched_switch",
  "sched:sched_wakeup",
  "signal:signal_generate",
  "skb:kfree_skb",
  "sock:inet_sock_set_state",
  "tcp:tcp_probe",
  "tcp:tcp_receive_reset",
  "tcp:tcp_retransmit_skb",
  "tcp:tcp_retransmit_synack",
  ...[
    "close",
    "connect",
    "execve",
    "fsync",
    "kill",
    "openat",
    "pread64",
    "preadv",
    "preadv2",
    "read",
    "readv",
    "write",
  ].flatMap((call) => [`syscalls:sys_enter_${call}`, `syscalls:sys_exit_${call}`]),
];

const STRUCTS = [
  "task_struct",
  "signal_struct",
  "cred",
  "mm_struct",
  "tty_struct",
  "fs_struct",
  "file",
  "path",
  "dentry",
  "dentry_operations",
  "inode",
  "super_block",
  "vfsmount",
  "mount",
  "kiocb",
  "iov_iter",
  "address_space",
  "folio",
  "sock",
  "sk_buff",
  "tcp_sock",
  "tcp_skb_cb",
  "inet_sock",
  "inet_connection_sock",
  "request_sock",
  "sockaddr",
  "sockaddr_in",
  "sockaddr_in6",
  "request",
  "bio",
  "gendisk",
  "block_device",
  "css_set",
  "cgroup",
  "kernfs_node",
  "nsproxy",
  "ns_common",
  "proc_ns_operations",
  "pid",
  "pid_namespace",
  "linux_binprm",
  "pt_regs",
  "user_pt_regs",
];

const TYPEDEFS = [
  "u8",
  "u16",
  "u32",
  "u64",
  "s32",
  "s64",
  "pid_t",
  "uid_t",
  "gid_t",
  "umode_t",
  "dev_t",
  "size_t",
  "loff_t",
];
const INTS = ["char", "signed char", "unsigned char", "int", "unsigned int", "long int", "long unsigned int", "_Bool"];
const FUNCTIONS = ["vfs_read", "vfs_write", "tcp_retransmit_skb", "filemap_add_folio", "ksys_read", "do_filp_open"];

const ROOTS: BtfRoots = {
  names: [
    ...STRUCTS.map((name) => ["struct", name] as const),
    ...TYPEDEFS.map((name) => ["typedef", name] as const),
    ...INTS.map((name) => ["int", name] as const),
    ...FUNCTIONS.map((name) => ["function", name] as const),
    ...TRACEPOINTS.map((name) => ["typedef", `btf_trace_${name.split(":")[1]}`] as const),
  ],
  enumerators: ["TCP_ESTABLISHED", "IOPRIO_CLASS_RT", "SKB_DROP_REASON_NO_SOCKET", "PIDTYPE_TGID", "BPF_MAP_TYPE_HASH"],
};

const FEATURES: readonly KernelFeature[] = [
  "current_task_btf",
  "task_storage",
  "atomic_fetch",
  "perf_link",
  "attach_cookie",
  "kprobe",
  "kprobe_multi",
  "uprobe_multi",
  "fentry",
  "ring_buffer",
  "signed_division",
];

const FILES: readonly (readonly [name: string, functions: readonly string[]])[] = [
  ["/bin/bash", ["readline", "readline_internal_teardown", "main", "execute_command", "add_history"]],
  ["libc.so.6", ["malloc", "free", "getaddrinfo", "connect"]],
  ["libreadline", ["readline", "readline_internal_teardown"]],
  ["libstdc++.so.6", ["__cxa_throw"]],
];

/** Static probes that are recorded, of the files that have them. */
const STATIC_PROBES = ["catch", "throw", "rethrow"];

function recordElf(kernel: Kernel, name: string, wanted: readonly string[]): RecordedElf {
  const file = kernel.elf(name);
  if (typeof file === "string") throw new Error(`${name}: ${file}`);
  const functions = wanted.flatMap((each) => file.symbol(each) ?? []);
  const staticProbes = file.staticProbes().filter((probe) => STATIC_PROBES.includes(probe.name));
  return {
    path: file.path,
    functions: Object.fromEntries(functions.map((symbol) => [symbol.name, symbol.fileOffset])),
    ...(staticProbes.length > 0 && { staticProbes: staticProbes.map(recordStaticProbe) }),
  };
}

function recordFacts(kernel: Kernel): RecordedFacts {
  return {
    release: kernel.release.replace(/-.*$/, ""),
    architecture: kernel.architecture,
    possibleCpus: 4,
    pageBytes: kernel.pageBytes,
    features: FEATURES,
    elf: Object.fromEntries(FILES.map(([name, functions]) => [name, recordElf(kernel, name, functions)])),
  };
}

function recordFormats(tracefs: string): void {
  for (const tracepoint of TRACEPOINTS) {
    const folder = join("events", ...tracepoint.split(":"));
    mkdirSync(join(FOLDER, folder), { recursive: true });
    writeFileSync(join(FOLDER, folder, "format"), readFileSync(join(tracefs, folder, "format")));
  }
  writeFileSync(join(FOLDER, "available_events"), TRACEPOINTS.map((each) => `${each}\n`).join(""));
}

/** As kernels have them whose functions can be probed: this host need not be one. */
const TRACEABLE = [
  ...FUNCTIONS,
  "vfs_fsync_range",
  "lookup_fast.constprop.0",
  "tcp_v4_connect",
  "notify_change",
  "get_info",
  "get_info",
  "nf_nat_setup_info [nf_nat]",
  "get_info [ip_tables]",
];
const SYMBOLS = [...TRACEABLE.map((line) => line.replace(" [", "\t[")), "__switch_to"];

function writeFunctions(): void {
  writeFileSync(join(FOLDER, "available_filter_functions"), TRACEABLE.map((line) => `${line}\n`).join(""));
  writeFileSync(join(FOLDER, "kallsyms"), SYMBOLS.map((line) => `0000000000000000 T ${line}\n`).join(""));
}

const host = openHostKernel({ has: () => true });
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
writeFileSync(join(FOLDER, "facts.json"), `${JSON.stringify(recordFacts(host), undefined, 2)}\n`);
writeFileSync(join(FOLDER, "btf.gz"), gzipSync(writeBtf(trimBtf(host.btf, ROOTS)), { level: 9 }));
recordFormats(findTracefs());
writeFunctions();

type RecordedArgument = RecordedStaticProbe["arguments"][number];

function recordStaticProbe(probe: StaticProbe): RecordedStaticProbe {
  return { ...probe, arguments: probe.arguments.map(recordArgument) };
}

function recordArgument(argument: StaticProbeArgument | string): RecordedArgument {
  if (typeof argument === "string" || argument.at.kind !== "constant") return argument as RecordedArgument;
  return { ...argument, at: { kind: "constant", value: String(argument.at.value) } };
}
