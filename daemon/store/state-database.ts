import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Batch, LetterRow, StoredDocument, UnreadLetters, WholeLetter } from "./batch.ts";
import { CorruptDatabase, isFaultOfRow, isWorthReopening, openDatabase, withSchema } from "./database.ts";
import { moveAside } from "./database-file.ts";
import { DocumentTable } from "./document-table.ts";
import { type FileIdentity, identityOfDatabase } from "./file-identity.ts";
import type { HistoryQuestion } from "./history-answers.ts";
import { answerOf } from "./history-file.ts";
import type { HistoryBatch } from "./history-change.ts";
import { HistoryTable } from "./history-table.ts";
import { LetterTable } from "./letter-table.ts";

/** The data that an earlier process left. */
export interface KeptState {
  readonly documents: readonly StoredDocument[];
  /** documents that are too large, or too many */
  readonly unreadDocuments: number;
  readonly letters: readonly LetterRow[];
  readonly unreadLetters: readonly UnreadLetters[];
}

export interface StateDatabaseOptions {
  readonly path: string;
  /** kinds of documents to read, the most important first */
  readonly kinds: readonly string[];
}

/** A corrupt file that was renamed. */
export interface MovedAside {
  readonly reason: string;
  readonly movedTo: string;
}

const MIB = 1024 * 1024;
/** The part of the disk that the history leaves to alerts and messages. */
const SPARED_BYTES = 8 * MIB;
/** The most bytes of letters that are kept from a database that must be closed. */
const RESCUED_BYTES = 64 * 1024 * 1024;

interface Tables {
  readonly database: DatabaseSync;
  readonly documents: DocumentTable;
  readonly letters: LetterTable;
  readonly history: HistoryTable;
}

/** The state's database, for the thread that owns it. Its methods throw the errors of the disk. */
export class StateDatabase {
  readonly #options: StateDatabaseOptions;
  #tables: Tables | undefined;
  #identity: FileIdentity | undefined;
  /**
   * letters of a database that was closed, until they are in the next one; the outbox may not have
   * their content in memory
   */
  #rescued: readonly WholeLetter[] = [];

  constructor(options: StateDatabaseOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#tables !== undefined;
  }

  /** Opens the file. A corrupt file is renamed first. */
  open(unixMs: number): MovedAside | undefined {
    const { path } = this.#options;
    let moved: MovedAside | undefined;
    try {
      this.#tables = tablesOf(path);
    } catch (error) {
      if (!(error instanceof CorruptDatabase)) throw error;
      moved = { reason: error.message, movedTo: moveAside(path, unixMs) };
      this.#tables = tablesOf(path);
    }
    this.#identity = identityOfDatabase(path);
    this.#restore(this.#tables);
    return moved;
  }

  #restore({ database, letters }: Tables): void {
    if (this.#rescued.length === 0) return;
    transaction(database, () => this.#rescued.forEach((letter) => letters.restore(letter)));
    this.#rescued = [];
  }

  read(): KeptState {
    const { documents: table, letters } = this.#open;
    const { documents, unread } = table.read(this.#options.kinds);
    const kept = letters.read();
    return { documents, unreadDocuments: unread, letters: kept.letters, unreadLetters: kept.unread };
  }

  /** Returns true if the path no longer leads to the open file. */
  get isReplaced(): boolean {
    if (this.#tables === undefined) return false;
    const identity = identityOfDatabase(this.#options.path);
    this.#identity ??= identity;
    return identity !== this.#identity;
  }

  /**
   * Writes a batch and waits until it is on the disk. Closes the database if opening it again may
   * help.
   */
  write({ clear, documents, letters, history }: Batch, unixMs: number): void {
    const tables = this.#open;
    if (history !== undefined) return this.#writeHistory(tables, history, unixMs);
    try {
      transaction(tables.database, () => {
        if (clear) tables.documents.clear();
        for (const change of documents) tables.documents.change(change, unixMs);
        for (const change of letters) tables.letters.change(change);
      });
    } catch (error) {
      if (isWorthReopening(error)) this.release();
      throw error;
    }
  }

  /** Fails before the disk is full: the rest of it is for alerts. */
  #writeHistory({ database, history }: Tables, { changes, limits }: HistoryBatch, unixMs: number): void {
    const { bavail, bsize } = statfsSync(dirname(this.#options.path));
    if (bavail * bsize < SPARED_BYTES) throw new Error(`less than ${SPARED_BYTES / MIB} MiB of the disk are free`);
    transaction(database, () => {
      for (const change of changes) skippingFaults(() => history.change(change));
      history.trim(limits, unixMs);
    });
  }

  /** Returns the answer as JSON. */
  answer(question: HistoryQuestion, unixMs: number): string {
    return answerOf(this.#open.database, question, unixMs);
  }

  content(id: string): string | undefined {
    if (this.#tables !== undefined) return this.#tables.letters.content(id);
    const rescued = this.#rescued.find(({ row }) => row.id === id);
    return rescued === undefined ? this.#open.letters.content(id) : rescued.content;
  }

  /** Closes the database. Its readable letters are added to the database that is opened next. */
  release(): void {
    try {
      this.#rescued = this.#tables?.letters.whole(RESCUED_BYTES) ?? this.#rescued;
    } catch {
      // The disk is gone.
    }
    this.close();
  }

  close(): void {
    const tables = this.#tables;
    this.#tables = undefined;
    tables?.database.close();
  }

  get #open(): Tables {
    if (this.#tables === undefined) throw new Error("the database is not open");
    return this.#tables;
  }
}

function tablesOf(path: string): Tables {
  const database = openDatabase(path);
  try {
    return withSchema(() => ({
      database,
      documents: new DocumentTable(database),
      letters: new LetterTable(database),
      history: new HistoryTable(database),
    }));
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A row that cannot be written keeps no other from being written. */
function skippingFaults(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isFaultOfRow(error)) throw error;
  }
}

/** Applies all of `change`, or nothing if it or the commit throws. */
function transaction(database: DatabaseSync, change: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    change();
    database.exec("COMMIT");
  } catch (error) {
    // An error such as a full disk may have ended it.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
