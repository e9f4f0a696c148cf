import { readFileSync } from "node:fs";

/** CLOCK_BOOTTIME, as programs stamp what they count, to 10 ms: seconds with two decimals in /proc/uptime (proc_uptime(5)). */
export function bootNs(): bigint {
  const [seconds = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  return BigInt(Math.round(Number(seconds) * 100)) * 10_000_000n;
}
