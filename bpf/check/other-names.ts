/** What bpftrace, SystemTap and C call what this language has by another name, and how it is written here. */
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
  ["container", "cgroup"],
  ["container_id", "cgroup"],
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

/** The functions of `let` and `threshold`, which look at windows: no event knows of them. */
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

/** What has no name of its own here, and what to do. */
const OTHER_WAYS: ReadonlyMap<string, string> = new Map([
  ["cgroupid", 'compare "cgroup" with the inode of the folder: "stat -c %i /sys/fs/cgroup/PATH" prints it'],
  ["hostname", 'every alert and record has the label "instance"'],
  ["reg", '"arg0" to "arg5" are the registers of arguments, "retval" is that of what is returned'],
  ["strftime", 'records have their time; "now" is one that can be compared'],
  ["delete", "what is counted is forgotten when its window has passed"],
  ["clear", "what is counted is forgotten when its window has passed"],
  ["zero", "what is counted is forgotten when its window has passed"],
  ["exit", '"bpfwarden try --for 10s" ends by itself'],
  ["system", "commands are not run: an action of the settings tells a webhook, a mail address or a log"],
  ["cat", "files are not read at events"],
  ["uaddr", "variables of programs have no names here: static probes and arguments of functions lead to them"],
  ["while", "there are no loops: contains(), glob() and argv() look through texts"],
  ["unroll", "there are no loops: contains(), glob() and argv() look through texts"],
]);

/** How to write what an unknown name or function of the kernel half was meant to be; undefined where that is not known. */
export function helpForOtherName(name: string): string | undefined {
  if (WINDOW_FUNCTIONS.includes(name) || name === "value") return 'aggregates are judged in "threshold" or "let"';
  const here = OTHER_NAMES.get(name);
  if (/^PT_REGS_PARM[1-6]$/.test(name)) return `write "arg${Number(name.at(-1)) - 1}"`;
  if (here === undefined) return OTHER_WAYS.get(name);
  return `write ${here.includes('"') ? here : `"${here}"`}`;
}
