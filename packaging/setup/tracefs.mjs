import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const TRACEFS = "/sys/kernel/tracing";

/**
 * Mounts the file system that tracepoints are described in, where it is not mounted and we may. What is then still missing shows up in
 * `hostFacts`.
 */
export function mountTracefs() {
  if (existsSync(`${TRACEFS}/events`) || process.geteuid?.() !== 0) return;
  spawnSync("mount", ["-t", "tracefs", "tracefs", TRACEFS]);
}
