import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";
import { DAEMON_FLAGS } from "../setup/daemon-runtime.mjs";
import { BUNDLE } from "./bundle.ts";
import { PROGRAM } from "./installed-files.ts";

const RUNS = 5;

/**
 * Says how long the program takes until it has loaded the code of the daemon, from the bundle and
 * from the sources of the checkout, both with warm caches.
 * @param folder of the staged package
 */
export function startTimes(folder: string): string {
  const node = join(folder, PROGRAM, "node");
  const caches = mkdtempSync(join(tmpdir(), "bpfwarden-cache-"));
  try {
    const bundled = medianMs(node, join(folder, PROGRAM, BUNDLE, "main.js"), join(caches, "bundle"));
    const sources = medianMs(node, join(root, "daemon/main.ts"), join(caches, "sources"));
    const ratio = (bundled / sources).toFixed(2);
    return `start (run --help): ${bundled.toFixed(0)} ms, from sources ${sources.toFixed(0)} ms, ratio ${ratio}`;
  } finally {
    rmSync(caches, { recursive: true, force: true });
  }
}

function medianMs(node: string, program: string, cache: string): number {
  const times = Array.from({ length: RUNS + 1 }, () => {
    const startedMs = performance.now();
    const args = [...DAEMON_FLAGS, "--enable-source-maps", program, "run", "--help"];
    const { status } = spawnSync(node, args, { env: { ...process.env, NODE_COMPILE_CACHE: cache } });
    if (status !== 0) throw new Error(`"${program} run --help" failed with exit code ${status}`);
    return performance.now() - startedMs;
  });
  return times.slice(1).toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
}
