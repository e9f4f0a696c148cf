import { readFileSync } from "node:fs";

let known: number | undefined;

/**
 * Returns the number of CPUs that per-CPU map values have room for (num_possible_cpus()). It is
 * fixed at boot.
 */
export function possibleCpus(): number {
  return (known ??= parseCpuList(readFileSync("/sys/devices/system/cpu/possible", "utf8")).length);
}

/** Returns the CPUs that run now, ascending. */
export function onlineCpus(): readonly number[] {
  return parseCpuList(readFileSync("/sys/devices/system/cpu/online", "utf8"));
}

/** Returns a CPU that runs now: CPU 0 can be offline, on arm64 also by hand. */
export function firstOnlineCpu(): number {
  return onlineCpus()[0] ?? 0;
}

/**
 * Returns the CPUs of a list such as `0-3` or `0-1,4-7`
 * (Documentation/admin-guide/cputopology.rst). There can be holes. A value of a per-CPU map has one
 * part for each possible CPU, and none for a hole (for_each_possible_cpu in bpf_percpu_hash_copy,
 * kernel/bpf/hashtab.c).
 */
export function parseCpuList(list: string): readonly number[] {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*\s*$/.test(list)) {
    throw new Error(`expected a list of CPUs such as "0-3", found ${JSON.stringify(list)}`);
  }
  return list
    .trim()
    .split(",")
    .map((range) => range.split("-").map(Number))
    .flatMap(([first = 0, last = first]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}
