import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readSync, readdirSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { MAX_FILE_BYTES, decodeSource, fileDiagnostic } from "../yaml/decode-source.ts";
import type { FileCode } from "./codes.ts";
import { isReadOnlyForOthers } from "./read-only.ts";
import { unsafeParent } from "./safe-parents.ts";
import { otherWriter, type Trust } from "./trust.ts";
import { errorText } from "../../bpf/source/error-text.ts";

/**
 * Reads a file's text if only trusted users can have written it. Follows links if others can change
 * neither them nor the folders of the path: then nothing can be replaced between the check and the
 * reading. Opening a pipe does not wait. I/O errors are diagnostics as well.
 */
export function readSafeFile(path: string, trust: Trust): Checked<Source> {
  return withOpenFile(path, trust, constants.O_RDONLY | constants.O_NONBLOCK, (fd) => {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return refused(path, "unreadable-file", `expected a regular file, found ${kindOf(stats)}`);
    const unsafe = unsafeDiagnostic(path, fd, trust);
    if (unsafe !== undefined) return { diagnostics: [unsafe] };
    return decodeSource(path, readBytes(fd, stats.size));
  });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/**
 * Returns true if the name does not exist. A broken link exists, and so does an entry that cannot
 * be examined.
 */
export function isMissing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // reading it says why
  }
}

/**
 * Lists the names in a folder if only trusted users can create files there. Lists the folder that
 * was checked, even if its path now leads to another.
 */
export function listSafeFolder(path: string, trust: Trust): Checked<readonly string[]> {
  return withOpenFile(path, trust, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK, (fd) => {
    const unsafe = unsafeDiagnostic(path, fd, trust);
    if (unsafe !== undefined) return { diagnostics: [unsafe] };
    return { result: readdirSync(`/proc/self/fd/${fd}`), diagnostics: [] };
  });
}

/** Checks the path before opening anything: opening a device may already have an effect. */
function withOpenFile<Result>(
  path: string,
  trust: Trust,
  flags: number,
  use: (fd: number) => Checked<Result>,
): Checked<Result> {
  const unsafe = parentDiagnostic(path, trust);
  if (unsafe !== undefined) return { diagnostics: [unsafe] };
  let fd: number | undefined;
  try {
    fd = openSync(path, flags);
    return use(fd);
  } catch (error) {
    return refused(path, "unreadable-file", messageOf(error, path));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Reads at most one byte more than the limit, so that a larger file is refused. A file that grows
 * meanwhile is read up to its former size; its change is noticed and it is read again.
 */
function readBytes(fd: number, size: number): Uint8Array {
  const buffer = new Uint8Array(Math.min(size, MAX_FILE_BYTES + 1));
  let length = 0;
  for (let read = 1; read > 0 && length < buffer.length; length += read) {
    read = readSync(fd, buffer, length, buffer.length - length, null);
  }
  return buffer.subarray(0, length);
}

function unsafeDiagnostic(path: string, fd: number, trust: Trust): Diagnostic | undefined {
  const stats = fstatSync(fd);
  if (!trust.owners.has(stats.uid)) {
    const message = `expected the owner root, found the user id ${stats.uid}`;
    return diagnostic(path, "unsafe-file", message, `chown root ${path}`);
  }
  const who = otherWriter(`/proc/self/fd/${fd}`, stats, trust);
  if (who === undefined || isReadOnlyForOthers(path)) return undefined;
  const message = `expected that only root can write it, found that ${who} can`;
  return diagnostic(path, "unsafe-file", message, `chmod go-w ${path}`);
}

/** Reports a folder above that others can write: they could replace these files. */
function parentDiagnostic(path: string, trust: Trust): Diagnostic | undefined {
  const fault = unsafeParent(path, trust);
  return fault && diagnostic(path, "unsafe-file", fault.message, fault.help);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

const WORDS: Readonly<Record<string, string>> = {
  ELOOP: "expected a file, found a loop of links",
  ENOENT: "it does not exist",
  ENOTDIR: "expected a folder",
  EACCES: "permission denied",
  ENXIO: "expected a regular file, found a socket",
};

function messageOf(error: unknown, path: string): string {
  if (isLink(path) && !existsSync(path)) return "expected a file, found a broken link";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return WORDS[code] ?? errorText(error);
}

function refused(path: string, code: FileCode, message: string): { readonly diagnostics: readonly Diagnostic[] } {
  return { diagnostics: [diagnostic(path, code, message)] };
}

function diagnostic(path: string, code: FileCode, message: string, help?: string): Diagnostic {
  return fileDiagnostic(path, code, message, help);
}
