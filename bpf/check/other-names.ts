/** What bpftrace, SystemTap and C call what this language has by another name, and how it is written here. */
export const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["curtask", "task"],
  ["nsecs", "now"],
  ["execname", "comm"],
  ["probefunc", "func"],
  ["ret", "retval"],
  ["username", "user(uid)"],
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

/** How to write what an unknown name or function of the kernel half was meant to be; undefined where that is not known. */
export function helpForOtherName(name: string): string | undefined {
  if (WINDOW_FUNCTIONS.includes(name) || name === "value") return 'aggregates are judged in "threshold" or "let"';
  const here = OTHER_NAMES.get(name);
  return here && `write ${here.includes('"') ? here : `"${here}"`}`;
}
