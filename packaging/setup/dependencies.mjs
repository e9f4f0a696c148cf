import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { nodeModules, root } from "./paths.mjs";

/**
 * Whether node_modules must be installed anew: it is not there, or older than the lock file. npm writes the hidden lock file last, so
 * an installation that was interrupted counts as missing.
 * @param {number | undefined} installedMs when npm finished, undefined for never
 * @param {number} lockedMs when package-lock.json was written
 */
export function isStale(installedMs, lockedMs) {
  return installedMs === undefined || installedMs < lockedMs;
}

/** Installs what package-lock.json names, if that is not there yet. Throws where npm fails. */
export function installDependencies() {
  const installed = statSync(join(nodeModules, ".package-lock.json"), { throwIfNoEntry: false });
  const locked = statSync(join(root, "package-lock.json"));
  if (!isStale(installed?.mtimeMs, locked.mtimeMs)) return;
  process.stderr.write("bpfwarden: installing npm packages\n");
  npm(["ci", ...NPM_OPTIONS]);
}

/** `loglevel` hides the warning that an old Node is older than `engines`: it only sets up, the pinned one runs. */
const NPM_OPTIONS = [
  "--ignore-scripts",
  "--no-fund",
  "--no-audit",
  "--include=dev",
  "--include=optional",
  "--engine-strict=false",
  "--loglevel=error",
];

/**
 * Runs npm: the one that runs us, else the one on the PATH. Its standard output is only a summary.
 * @param {readonly string[]} args
 */
function npm(args) {
  const { npm_execpath: script, npm_node_execpath: node = process.execPath } = process.env;
  const [program, first] = script === undefined ? ["npm", []] : [node, [script]];
  const { status, error } = spawnSync(program, [...first, ...args], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error !== undefined) throw new Error(`cannot run npm: ${error.message}`);
  if (status !== 0) throw new Error(`"npm ${args[0]}" failed with exit code ${status}`);
}
