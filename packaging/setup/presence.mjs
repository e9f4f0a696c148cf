import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders of system programs that a user's PATH often lacks. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

const LIBRARY_FOLDERS = [
  ...(process.env["LD_LIBRARY_PATH"] ?? "").split(":").filter(Boolean),
  ...["/lib", "/usr/lib", "/usr/local/lib"].flatMap((folder) => [
    folder,
    `${folder}64`,
    `${folder}/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
  ]),
];

/**
 * Returns true if the command, library or header exists.
 * @param {import("./system-packages.mjs").SystemPackage["proof"]} proof
 */
export function isPresent(proof) {
  if ("command" in proof) return findCommand(proof.command) !== undefined;
  if ("header" in proof) return existsSync(join("/usr/include", proof.header));
  return LIBRARY_FOLDERS.some((folder) => existsSync(join(folder, proof.library)));
}

/**
 * @param {string} name
 * @returns {string | undefined} its path
 */
export function findCommand(name) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
