import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { DocumentChange, StoredDocument } from "./batch.ts";

/** The most unreadable documents that are kept. */
const MAX_ASIDE = 1000;
/** A larger row was not written by this program, and reading it could end the process. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/**
 * The most bytes that are read. A rule with a hundred thousand keys has about 600 bytes for each,
 * and a kilobyte for each alert.
 */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_DOCUMENTS = 100_000;
const MAX_NAME_BYTES = 4096;

/** The documents of a database. Methods throw SQLite's errors. */
export class DocumentTable {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #copyAside: StatementSync;
  readonly #trimAside: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#put = database.prepare("INSERT OR REPLACE INTO documents (kind, name, version, json) VALUES (?, ?, ?, ?)");
    this.#delete = database.prepare("DELETE FROM documents WHERE kind = ? AND name = ?");
    this.#copyAside = database.prepare(
      "INSERT INTO set_aside SELECT kind, name, version, json, ?, ? FROM documents WHERE kind = ? AND name = ?",
    );
    this.#trimAside = database.prepare(
      `DELETE FROM set_aside WHERE rowid <= (SELECT max(rowid) FROM set_aside) - ${MAX_ASIDE}`,
    );
  }

  /**
   * Returns the documents of these kinds, earlier kinds first, and the number of those that are too
   * large or too many.
   */
  read(kinds: readonly string[]): { readonly documents: readonly StoredDocument[]; readonly unread: number } {
    const documents: StoredDocument[] = [];
    let bytes = 0;
    let unread = 0;
    for (const kind of kinds) {
      const rows = this.#database.prepare(`SELECT name, version, json FROM documents
        WHERE kind = ? AND octet_length(name) <= ${MAX_NAME_BYTES} AND octet_length(json) <= ${MAX_DOCUMENT_BYTES}
        ORDER BY name LIMIT ${MAX_DOCUMENTS}`);
      rows.setReadBigInts(true);
      let read = 0;
      for (const row of rows.iterate(kind)) {
        const json = String(row["json"]);
        if (bytes + json.length > MAX_BYTES) break;
        bytes += json.length;
        read++;
        documents.push({ kind, name: String(row["name"]), version: Number(row["version"]), json });
      }
      unread += this.#count(kind) - read;
    }
    return { documents, unread };
  }

  change({ kind, name, version, json, aside }: DocumentChange, unixMs: number): void {
    if (aside !== undefined) {
      this.#copyAside.run(aside, unixMs, kind, name);
      this.#trimAside.run();
    }
    if (json === undefined) this.#delete.run(kind, name);
    else this.#put.run(kind, name, version, json);
  }

  clear(): void {
    this.#database.exec("DELETE FROM documents");
  }

  #count(kind: string): number {
    return Number(this.#database.prepare("SELECT count(*) AS n FROM documents WHERE kind = ?").get(kind)?.["n"]);
  }
}
