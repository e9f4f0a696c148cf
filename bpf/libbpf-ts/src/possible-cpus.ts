import { readFileSync } from "node:fs";

let known: number | undefined;

/** The number of CPUs that per-CPU map values have room for: the highest possible CPU plus one, fixed at boot. */
export function possibleCpus(): number {
  return (known ??= parseCpuCount(readFileSync("/sys/devices/system/cpu/possible", "utf8")));
}

/** @param list as in Documentation/admin-guide/cputopology.rst, such as `0-3` or `0-1,4-7` */
export function parseCpuCount(list: string): number {
  const last = /(\d+)\s*$/.exec(list)?.[1];
  if (last === undefined) throw new Error(`expected a list of CPUs such as "0-3", found ${JSON.stringify(list)}`);
  return Number(last) + 1;
}
