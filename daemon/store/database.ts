import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { makePrivateFile } from "./database-file.ts";
import { MIGRATIONS } from "./schema.ts";

/** Another daemon that uses the file may be ending. */
const BUSY_TIMEOUT_MS = 2_000;
/** The size to which the write-ahead log is cut after its pages are in the database. */
const LOG_BYTES = 4 * 1024 * 1024;

/** The file is not a database, or is corrupt. */
export class CorruptDatabase extends Error {}

/**
 * Opens the database, creates it if missing, and updates its schema. Meanwhile no other process can
 * open it. Throws CorruptDatabase, or another error if the file is not accessible or was written by
 * a newer version of this program.
 */
export function openDatabase(path: string): DatabaseSync {
  makePrivateFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Before WAL: the WAL index is then in memory, and a second daemon finds the file locked.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    // With NORMAL, a power failure would lose the last commits.
    database.exec("PRAGMA synchronous = FULL");
    database.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    check(database, path);
    withSchema(() => migrate(database, path));
    return database;
  } catch (error) {
    database.close();
    throw isCorruption(error) ? new CorruptDatabase(error.message) : error;
  }
}

/** Checking a larger file would delay the start too long. */
const CHECKED_BYTES = 256 * 1024 * 1024;

function check(database: DatabaseSync, path: string): void {
  if (statSync(path).size > CHECKED_BYTES) return;
  const result = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (result !== "ok") throw new CorruptDatabase(String(result));
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > MIGRATIONS.length) {
    const known = `expected schema version ${MIGRATIONS.length} or older, found ${version}`;
    throw new Error(`${known} in "${path}": it was written by a newer bpfwarden`);
  }
  if (version === MIGRATIONS.length) return;
  const steps = MIGRATIONS.slice(version).join(";\n");
  database.exec(`BEGIN IMMEDIATE;\n${steps};\nPRAGMA user_version = ${MIGRATIONS.length};\nCOMMIT`);
}

/** sqlite3.h */
const SQLITE_ERROR = 1;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Throws CorruptDatabase if a table or column of the schema's version is missing. */
export function withSchema<Result>(use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    throw isCorruption(error) || codeOf(error) === SQLITE_ERROR ? new CorruptDatabase(String(error)) : error;
  }
}

function isCorruption(error: unknown): error is Error {
  if (error instanceof CorruptDatabase) return true;
  const code = codeOf(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/**
 * Returns SQLite's code of an error, or undefined for another error. The low byte is the code;
 * higher bits give details.
 */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
}

/** A row that the schema does not take, or a value that SQLite does not know. */
const ROW_FAULTS: ReadonlySet<number | undefined> = new Set([undefined, 18, 19, 20, 25]);

/** Returns true if only the row that was written is at fault: others can be written. */
export function isFaultOfRow(error: unknown): boolean {
  return ROW_FAULTS.has(codeOf(error));
}

const SQLITE_FULL = 13;

/**
 * Returns true if opening the database again may help after a failed write. It does not help if the
 * disk is full.
 */
export function isWorthReopening(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && code !== SQLITE_FULL;
}
