import { readFileSync } from "node:fs";

/**
 * Returns CLOCK_BOOTTIME, the clock of programs, to 10 ms: /proc/uptime has seconds with two
 * decimals (proc_uptime(5)).
 */
export function bootNs(): bigint {
  const [seconds = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  return BigInt(Math.round(Number(seconds) * 100)) * 10_000_000n;
}
