import { spawnSync } from "node:child_process";
import { packageManagers } from "./package-managers.mjs";
import { findCommand, isPresent } from "./presence.mjs";
import { missingPackages } from "./system-packages.mjs";

/** @typedef {import("./system-packages.mjs").SystemPackage} SystemPackage */
/** @typedef {import("./package-managers.mjs").PackageManager} PackageManager */

/**
 * Installs the missing system packages, if this process is root and the package manager is known.
 * @param {SystemPackage["need"]} need
 * @returns {readonly SystemPackage[]} the packages that are still missing, which were reported on
 * standard error
 */
export function installSystemPackages(need) {
  const missing = missingPackages(need, isPresent);
  if (missing.length === 0) return [];
  const manager = packageManagers.find(({ command }) => findCommand(command) !== undefined);
  if (manager !== undefined && process.geteuid?.() === 0) install(manager, missing);
  const left = missingPackages(need, isPresent);
  for (const each of left) say(lackOf(each, manager));
  return left;
}

/**
 * Installs all packages at once. If that fails, it refreshes the package lists. If that fails too,
 * it installs them one by one, so that a package that this distribution lacks does not prevent the
 * others.
 * @param {PackageManager} manager
 * @param {readonly SystemPackage[]} packages
 */
function install(manager, packages) {
  const names = packages.flatMap((each) => each.names[manager.command].split(" "));
  say(`installing ${names.join(", ")} with ${manager.command}`);
  if (run(manager, [...manager.install, ...names]) === undefined) return;
  if (manager.refresh !== undefined) run(manager, manager.refresh);
  if (run(manager, [...manager.install, ...names]) === undefined) return;
  for (const name of names) {
    const failure = run(manager, [...manager.install, name]);
    if (failure !== undefined) say(failure);
  }
}

/**
 * @param {PackageManager} manager
 * @param {readonly string[]} args
 * @returns {string | undefined} its output if it failed
 */
function run(manager, args) {
  const result = spawnSync(findCommand(manager.command) ?? manager.command, args, {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  if (result.status === 0) return undefined;
  return `"${manager.command} ${args.join(" ")}" failed: ${result.error?.message ?? result.stderr.trim()}`;
}

/**
 * @param {SystemPackage} missing
 * @param {PackageManager | undefined} manager
 */
function lackOf({ proof, use, names }, manager) {
  const [[kind, name] = []] = Object.entries(proof);
  const what = `${kind} "${name}"`;
  const how =
    manager === undefined
      ? ""
      : `; install it with: ${manager.command} ${manager.install[0]} ${names[manager.command]}`;
  return `missing ${what} (${use})${how}`;
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`bpfwarden: ${message}\n`);
}
