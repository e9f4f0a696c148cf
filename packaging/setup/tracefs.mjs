import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const TRACEFS = "/sys/kernel/tracing";

/**
 * Mounts tracefs, which describes tracepoints, if it is not mounted and this process has the right
 * to. `hostFacts` reports it if it is still missing.
 */
export function mountTracefs() {
  if (existsSync(`${TRACEFS}/events`) || process.geteuid?.() !== 0) return;
  spawnSync("mount", ["-t", "tracefs", "tracefs", TRACEFS]);
}
