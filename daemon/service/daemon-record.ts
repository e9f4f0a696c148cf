import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";

/**
 * The record of a running daemon. Commands find the daemon with it, even after its settings
 * changed.
 */
export interface DaemonRecord {
  /** the folder with its rules.d and bpfwarden.yaml */
  readonly folder: string;
  /** the control socket where it listens */
  readonly socket: string;
  readonly pid: number;
}

export const RUN_FOLDER = "/run/bpfwarden";
const FOLDER_MODE = 0o700;
const MODE = 0o600;
const PREFIX = "daemon-";

/** Writes the record if it is missing or different. Throws Node's error if it cannot be written. */
export function writeDaemonRecord(record: DaemonRecord): void {
  const path = pathOf(record.folder);
  const text = `${JSON.stringify(record)}\n`;
  if (textAt(path) === text) return;
  makeFolder(RUN_FOLDER, FOLDER_MODE);
  const temporary = `${path}.${record.pid}`;
  writeFileSync(temporary, text, { mode: MODE });
  renameSync(temporary, path);
  removeStale();
}

/** Removes the records of daemons that were killed. */
function removeStale(): void {
  for (const { folder, pid } of allDaemonRecords()) if (!isRunning(pid)) rmSync(pathOf(folder), { force: true });
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Removes the record, unless another daemon has replaced it. */
export function removeDaemonRecord(record: DaemonRecord): void {
  const path = pathOf(record.folder);
  if (parsed(textAt(path))?.pid === record.pid) rmSync(path, { force: true });
}

/** Reads the record of a folder's daemon. The daemon may have ended. */
export function daemonRecordOf(folder: string): DaemonRecord | undefined {
  return isTrusted() ? parsed(textAt(pathOf(folder))) : undefined;
}

/** Reads the records of all daemons on this host. */
export function allDaemonRecords(): readonly DaemonRecord[] {
  if (!isTrusted()) return [];
  try {
    const names = readdirSync(RUN_FOLDER).filter((name) => name.startsWith(PREFIX) && name.endsWith(".json"));
    return names.flatMap((name) => parsed(textAt(join(RUN_FOLDER, name))) ?? []);
  } catch {
    return [];
  }
}

/**
 * Only root and the calling user may write records: commands, such as silences, go to the socket in
 * the record.
 */
function isTrusted(): boolean {
  try {
    const { uid, mode } = lstatSync(RUN_FOLDER);
    return (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

function pathOf(folder: string): string {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  return join(RUN_FOLDER, `${PREFIX}${digest}.json`);
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parsed(text: string | undefined): DaemonRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as Partial<DaemonRecord> | null;
    const { folder, socket, pid } = record ?? {};
    if (typeof folder !== "string" || typeof socket !== "string" || typeof pid !== "number") return undefined;
    return { folder, socket, pid };
  } catch {
    return undefined;
  }
}
