/** Names of bpftrace, SystemTap and C, and how this language writes the same thing. */
export const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["curtask", "task"],
  ["nsecs", "now"],
  ["execname", "comm"],
  ["probefunc", "func"],
  ["ret", "retval"],
  ["username", "user(uid)"],
  ["numaid", "numa_node"],
  ["leader_comm", "task.group_leader.comm"],
  ["usermode", "args.user"],
  ["hist", "aggregate: histogram(x)"],
  ["quantize", "aggregate: histogram(x)"],
  ["lhist", "aggregate: linear_histogram(x, lo, hi, step)"],
  ["lquantize", "aggregate: linear_histogram(x, lo, hi, step)"],
  ["stats", "aggregate: {n: count(), mean: avg(x), total: sum(x)}"],
  ["printf", "event: {name: x}"],
  ["print", "event: {name: x}"],
  ["strlen", "len(string)"],
  ["strncmp", 'starts_with(string, "text")'],
  ["strcmp", 'string == "text"'],
  ["memcmp", 'string == "text"'],
  ["strstr", 'contains(string, "text")'],
  ["strcontains", 'contains(string, "text")'],
  ["strerror", "errno(result)"],
  ["signal_name", "signal(number)"],
  ["syscall_name", "syscall(number)"],
  ["ntop", "address(value)"],
  ["inet_ntop", "address(value)"],
  ["macaddr", "buf(pointer, 6)"],
  ["join", "argv(16)"],
  ["cgroup_path", "cgroup"],
  ["NULL", "0"],
  ["nullptr", "0"],
  ["if", "condition ? a : b"],
  ["current", "task"],
  ["tgid", "pid"],
  ["timestamp", "now"],
  ["cgroup_id", "cgroup"],
  ["container_id", "container"],
  ["container_name", "container"],
  ["service", "unit"],
  ["parent_pid", "ppid"],
  ["parent_comm", "pcomm"],
  ["process_name", "comm"],
  ["cmdline", "argv(16)"],
  ["args_str", "argv(16)"],
  ["filename", "exe"],
  ["user_string", "str(pointer)"],
  ["kernel_string", "str(pointer)"],
  ["bpf_get_current_comm", "comm"],
  ["bpf_get_current_pid_tgid", "pid"],
  ["bpf_get_current_uid_gid", "uid"],
  ["bpf_ktime_get_ns", "now"],
  ["bpf_probe_read_user_str", "str(pointer)"],
  ["bpf_probe_read_kernel_str", "str(pointer)"],
  ["PT_REGS_RC", "retval"],
]);

/**
 * The functions of `let` and `threshold`, which read windows. They do not exist in the kernel half.
 */
export const WINDOW_FUNCTIONS: readonly string[] = [
  "rate",
  "delta",
  "previous",
  "mean",
  "stddev",
  "keys",
  "total",
  "p50",
  "p90",
  "p95",
  "p99",
  "p999",
];

/** Names without an equivalent, and what to do instead. */
const OTHER_WAYS: ReadonlyMap<string, string> = new Map([
  ["cgroupid", 'compare "cgroup" with the inode of the folder: "stat -c %i /sys/fs/cgroup/PATH" prints it'],
  ["hostname", 'every alert and record has the label "instance"'],
  ["reg", '"arg0" to "arg5" are the registers of arguments, "retval" is the register of the return value'],
  ["strftime", 'each record has its time; to compare a time, write "now"'],
  ["delete", "not needed: counts are forgotten after their window"],
  ["clear", "not needed: counts are forgotten after their window"],
  ["zero", "not needed: counts are forgotten after their window"],
  ["exit", '"bpfwarden try --for 10s" ends by itself'],
  ["system", "commands are not run: an action in the settings notifies a webhook, a mail address or a log"],
  ["cat", "files cannot be read at an event"],
  ["uaddr", "variables of programs cannot be named: use static probes and the arguments of functions"],
  ["while", "there are no loops: contains(), glob() and argv() search strings"],
  ["unroll", "there are no loops: contains(), glob() and argv() search strings"],
]);

/** Returns the help for a name or function of another language, or undefined if it is not known. */
export function helpForOtherName(name: string): string | undefined {
  if (WINDOW_FUNCTIONS.includes(name) || name === "value") return 'use aggregates in "threshold" or "let"';
  const here = OTHER_NAMES.get(name);
  if (/^PT_REGS_PARM[1-6]$/.test(name)) return `write "arg${Number(name.at(-1)) - 1}"`;
  if (here === undefined) return OTHER_WAYS.get(name);
  return `write ${here.includes('"') ? here : `"${here}"`}`;
}
