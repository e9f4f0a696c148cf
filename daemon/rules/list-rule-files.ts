import { existsSync, lstatSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";
import type { FileCode } from "./codes.ts";
import { isMissing, listSafeFolder } from "./safe-file.ts";
import type { Trust } from "./trust.ts";

/** A folder with this file is a library. Its files are read only through links to them. */
const LIBRARY = ".library";
/** The deepest folder; people do not nest files deeper. */
const DEEPEST = 8;

export interface ListedFile {
  /** path relative to the listed folder */
  readonly name: string;
  readonly path: string;
}

/** An entry of a rules folder that is not read, with the reason. */
export interface IgnoredEntry {
  readonly path: string;
  readonly reason: string;
}

export interface Listing {
  /** all folders that were listed */
  readonly folders: readonly string[];
  /** folders that were not listed, because others can write there or they cannot be read */
  readonly refused: readonly string[];
  readonly files: readonly ListedFile[];
  /** files in folders such as `disk.yaml.d`: `disk.yaml.d/10-site.yaml` changes `disk.yaml` */
  readonly dropIns: readonly ListedFile[];
  readonly ignored: readonly IgnoredEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lists the rule files in a folder and its subfolders, and their drop-ins. Follows links. A folder
 * that does not exist is empty.
 */
export function listRuleFiles(folder: string, trust: Trust): Listing {
  const found: Found = { folders: [], refused: [], files: [], dropIns: [], ignored: [], diagnostics: [] };
  if (!isMissing(folder)) listInto(found, { folder, prefix: "", trust, above: [] });
  return found;
}

interface Found {
  readonly folders: string[];
  readonly refused: string[];
  readonly files: ListedFile[];
  readonly dropIns: ListedFile[];
  readonly ignored: IgnoredEntry[];
  readonly diagnostics: Diagnostic[];
}

interface ListedFolder {
  readonly folder: string;
  readonly prefix: string;
  readonly trust: Trust;
  /** inodes of the folders above, up to the listed one */
  readonly above: readonly string[];
}

function listInto(found: Found, { folder, prefix, trust, above }: ListedFolder): void {
  if (above.length > DEEPEST) {
    const code: FileCode = "unreadable-file";
    found.diagnostics.push(
      fileDiagnostic(folder, code, `expected folders at most ${DEEPEST} deep, found a deeper one`),
    );
    return;
  }
  const here = [...above, inodeOf(folder)];
  const listed = listSafeFolder(folder, trust);
  (listed.result === undefined ? found.refused : found.folders).push(folder);
  found.diagnostics.push(...listed.diagnostics);
  for (const name of (listed.result ?? []).toSorted()) {
    const path = join(folder, name);
    const reason =
      ignoredReason(name, path) ??
      (isAbove(path, here) ? "it is a link to a folder that contains it" : undefined) ??
      (isDropInFolder(prefix) && isFolder(path) ? "folders in a folder of drop-ins are not read" : undefined);
    if (reason !== undefined) found.ignored.push({ path, reason });
    else if (!name.startsWith(".") && isFolder(path))
      listInto(found, { folder: path, prefix: `${prefix}${name}/`, trust, above: here });
    else if (isRuleFileName(name))
      (isDropInFolder(prefix) ? found.dropIns : found.files).push({ name: prefix + name, path });
  }
}

/** Returns true for `disk.yaml.d`, the folder of the drop-ins for `disk.yaml`. */
export const isDropInFolder = (path: string): boolean => /[^/]\.ya?ml\.d\/?$/.test(path);

/**
 * Returns true for names of rule files: `*.yaml` and `*.yml`, but no hidden files, no backups and
 * leftovers of editors and package managers (`x.yaml~`, `x.yaml.dpkg-new`, `.x.yaml.swp`), and no
 * rule tests.
 */
export function isRuleFileName(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name) && !/\.test\.ya?ml$|\.dpkg-/.test(name);
}

/** Returns undefined for files that are read, and for files that do not look like rules. */
export function ignoredReason(name: string, path: string): string | undefined {
  // Kubernetes keeps the targets of a ConfigMap's links in `..data`.
  if (name.startsWith("..")) return undefined;
  const isRuleLike = /\.(ya?ml|json)/i.test(name) && !/\.test\.ya?ml$/.test(name);
  if (name.startsWith(".")) {
    if (isFolder(path)) return "hidden folders are not read";
    return isRuleLike ? "hidden files are not read" : undefined;
  }
  if (!isRuleFileName(name) && isLink(path) && !existsSync(path)) return "it is a broken link";
  if (isFolder(path)) return existsSync(join(path, LIBRARY)) ? "it is a library: link or copy its rules" : undefined;
  return isRuleLike && !isRuleFileName(name)
    ? "only names that end in .yaml or .yml and do not contain .dpkg- are read"
    : undefined;
}

/** Follows links. Returns false if the entry cannot be examined: reading it then reports why. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

function isAbove(path: string, above: readonly string[]): boolean {
  return isFolder(path) && above.includes(inodeOf(path));
}

function inodeOf(folder: string): string {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return folder; // reading it says why
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/**
 * Returns true for a link to /dev/null, which masks the files of its name as in systemd.unit(5).
 */
export function isMask(path: string): boolean {
  try {
    return readlinkSync(path) === "/dev/null";
  } catch {
    return false; // no link
  }
}
