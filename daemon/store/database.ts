import { DatabaseSync } from "node:sqlite";
import { makePrivateFile } from "./database-file.ts";
import { MIGRATIONS } from "./schema.ts";

/** Another daemon with the same file may be ending right now. */
const BUSY_TIMEOUT_MS = 2_000;
/** What the write-ahead log is cut to once its pages are in the database. */
const LOG_BYTES = 4 * 1024 * 1024;

/** The file is no database, or a broken one. */
export class CorruptDatabase extends Error {}

/**
 * Opens the database, made where it is missing, and brings its schema up to date. No other process can open it meanwhile.
 * Throws CorruptDatabase, and other errors where it cannot be read and written or is of a newer version than this program knows.
 */
export function openDatabase(path: string): DatabaseSync {
  makePrivateFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Before WAL: then its index is in memory, and a second daemon finds the file locked.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    // With NORMAL what was committed last is lost when the power goes.
    database.exec("PRAGMA synchronous = FULL");
    database.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    check(database);
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw isCorruption(error) ? new CorruptDatabase(error.message) : error;
  }
}

function check(database: DatabaseSync): void {
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
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function isCorruption(error: unknown): error is Error {
  if (error instanceof CorruptDatabase) return true;
  if (!(error instanceof Error && "errcode" in error)) return false;
  // The low byte is the code, what is above tells more of it.
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}
