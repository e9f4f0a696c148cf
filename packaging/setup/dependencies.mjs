import { statSync } from "node:fs";
import { join } from "node:path";
import { installLocked } from "./npm.mjs";
import { nodeModules, root } from "./paths.mjs";

/**
 * Returns true if node_modules is missing or older than the lock file. npm writes the hidden lock
 * file last, so an interrupted installation counts as missing.
 * @param {number | undefined} installedMs when npm finished, undefined for never
 * @param {number} lockedMs when package-lock.json was written
 */
export function isStale(installedMs, lockedMs) {
  return installedMs === undefined || installedMs < lockedMs;
}

/** Installs the npm packages of package-lock.json if they are missing or old. Throws if npm fails. */
export function installDependencies() {
  const installed = statSync(join(nodeModules, ".package-lock.json"), { throwIfNoEntry: false });
  const locked = statSync(join(root, "package-lock.json"));
  if (!isStale(installed?.mtimeMs, locked.mtimeMs)) return;
  process.stderr.write("bpfwarden: installing npm packages\n");
  installLocked();
}
