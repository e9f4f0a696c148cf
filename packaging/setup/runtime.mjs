import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeModules } from "./paths.mjs";

/**
 * The oldest Node that runs the TypeScript sources as they are; `engines` in package.json says the
 * same.
 */
const OLDEST_MAJOR = 24;

/**
 * Returns the path of the Node that runs bpfwarden: the one pinned in package.json. If that cannot
 * start (it needs glibc, so not on musl), it is the Node that runs this file, if it is new enough.
 * Otherwise undefined.
 * @returns {string | undefined}
 */
export function findRuntime() {
  const pinned = join(nodeModules, `node-linux-${process.arch}`, "bin", "node");
  if (existsSync(pinned) && spawnSync(pinned, ["--version"]).status === 0) return pinned;
  return isNewEnough(process.versions.node) ? process.execPath : undefined;
}

/** @param {string} version of a Node, such as "18.20.8" */
export function isNewEnough(version) {
  return Number.parseInt(version, 10) >= OLDEST_MAJOR;
}
