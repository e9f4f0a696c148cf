// Loaded into a daemon with `--import`: writes the longest time that the event loop's thread has
// worked between two turns of its timers, in milliseconds, into the file that LAG_FILE names.
// Removing the file begins anew. Time in which the thread had no processor does not count.
import { existsSync, writeFileSync } from "node:fs";

const path = process.env["LAG_FILE"] ?? "";
const TURN_MS = 10;
const REPORT_MS = 200;

const usedMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

let longestMs = 0;
let beforeMs = usedMs();
setInterval(() => {
  longestMs = Math.max(longestMs, usedMs() - beforeMs);
  beforeMs = usedMs();
}, TURN_MS).unref();
setInterval(() => {
  if (!existsSync(path)) longestMs = 0;
  writeFileSync(path, String(Math.round(longestMs)));
}, REPORT_MS).unref();
