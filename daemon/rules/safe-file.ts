import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readdirSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Checked, Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { MAX_FILE_BYTES, decodeSource, fileDiagnostic } from "../yaml/decode-source.ts";
import type { FileCode } from "./codes.ts";

/** Who may own files that decide what this process does. */
export interface Trust {
  /** user ids: root, the process's own, and under sudo the caller's */
  readonly owners: ReadonlySet<number>;
  /** a group of one user: where distributions give each user such a group, files come out as writable by it */
  readonly privateGroup?: number;
}

/** Root's files, those of the user who runs the process, and under sudo those of its caller (`SUDO_UID`, see sudo(8)). */
export function currentTrust(
  environment: NodeJS.ProcessEnv = process.env,
  uid: number = process.getuid?.() ?? 0,
): Trust {
  const own = new Set([0, uid]);
  const caller = uid === 0 ? Number(environment["SUDO_UID"] ?? Number.NaN) : Number.NaN;
  if (!Number.isInteger(caller)) return { owners: own };
  const owners = own.add(caller);
  return Number(environment["SUDO_GID"] ?? Number.NaN) === caller ? { owners, privateGroup: caller } : { owners };
}

/**
 * A file's text, where only those trusted can have written it. What is opened is what is checked: links are not followed, and
 * opening a pipe does not wait. Errors of I/O are diagnostics as well.
 */
export function readSafeFile(path: string, trust: Trust): Checked<Source> {
  return withOpenFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, (fd) => {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return refused(path, "unreadable-file", `expected a regular file, found ${kindOf(stats)}`);
    const unsafe = unsafeDiagnostic(path, stats, trust);
    if (unsafe !== undefined) return { diagnostics: [unsafe] };
    return decodeSource(path, readBytes(fd));
  });
}

/** Whether there is nothing of that name: a link that leads nowhere is something, and so is what may not be looked at. */
export function isMissing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // reading it says why
  }
}

/** The names in a folder, where only those trusted can put files there. What is listed is what was checked, whatever has its path now. */
export function listSafeFolder(path: string, trust: Trust): Checked<readonly string[]> {
  return withOpenFile(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK, (fd) => {
    const unsafe = unsafeDiagnostic(path, fstatSync(fd), trust);
    if (unsafe !== undefined) return { diagnostics: [unsafe] };
    return { result: readdirSync(`/proc/self/fd/${fd}`), diagnostics: [] };
  });
}

function withOpenFile<Result>(path: string, flags: number, use: (fd: number) => Checked<Result>): Checked<Result> {
  let fd: number | undefined;
  try {
    fd = openSync(path, flags);
    return use(fd);
  } catch (error) {
    return refused(path, "unreadable-file", messageOf(error));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** At most one byte more than a file may have, so that one that grows meanwhile is refused, not swallowed. */
function readBytes(fd: number): Uint8Array {
  const buffer = new Uint8Array(MAX_FILE_BYTES + 1);
  let length = 0;
  for (let read = 1; read > 0 && length < buffer.length; length += read) {
    read = readSync(fd, buffer, length, buffer.length - length, null);
  }
  return buffer.subarray(0, length);
}

function unsafeDiagnostic(path: string, stats: Stats, trust: Trust): Diagnostic | undefined {
  if (!trust.owners.has(stats.uid)) {
    const message = `expected the owner root, found the user id ${stats.uid}`;
    return diagnostic(path, "unsafe-file", message, `chown root ${path}`);
  }
  const groupWrites = (stats.mode & 0o020) !== 0 && stats.gid !== 0 && stats.gid !== trust.privateGroup;
  if (!groupWrites && (stats.mode & 0o002) === 0) return undefined;
  const who = (stats.mode & 0o002) !== 0 ? "everybody" : `the group id ${stats.gid}`;
  const message = `expected that only root can write it, found that ${who} can`;
  return diagnostic(path, "unsafe-file", message, `chmod go-w ${path}`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

const WORDS: Readonly<Record<string, string>> = {
  ELOOP: "expected a regular file, found a symbolic link",
  ENOENT: "it does not exist",
  ENOTDIR: "expected a folder",
  EACCES: "permission denied",
  ENXIO: "expected a regular file, found a socket",
};

function messageOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return WORDS[code] ?? (error instanceof Error ? error.message : String(error));
}

function refused(path: string, code: FileCode, message: string): { readonly diagnostics: readonly Diagnostic[] } {
  return { diagnostics: [diagnostic(path, code, message)] };
}

function diagnostic(path: string, code: FileCode, message: string, help?: string): Diagnostic {
  return fileDiagnostic(path, code, message, help);
}
