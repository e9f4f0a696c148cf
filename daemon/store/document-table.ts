import type { DatabaseSync, StatementSync } from "node:sqlite";

export interface StoredText {
  readonly version: number;
  readonly json: string;
}

/** The rows of a database. Its methods throw what SQLite does. */
export class DocumentTable implements Disposable {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#get = database.prepare("SELECT version, json FROM documents WHERE kind = ? AND name = ?");
    this.#all = database.prepare("SELECT name, version, json FROM documents WHERE kind = ? ORDER BY name");
    this.#put = database.prepare("INSERT OR REPLACE INTO documents (kind, name, version, json) VALUES (?, ?, ?, ?)");
    this.#delete = database.prepare("DELETE FROM documents WHERE kind = ? AND name = ?");
  }

  get(kind: string, name: string): StoredText | undefined {
    const row = this.#get.get(kind, name);
    return row && { version: Number(row["version"]), json: String(row["json"]) };
  }

  all(kind: string): readonly (StoredText & { readonly name: string })[] {
    return this.#all.all(kind).map(({ name, version, json }) => ({
      name: String(name),
      version: Number(version),
      json: String(json),
    }));
  }

  put(kind: string, name: string, { version, json }: StoredText): void {
    this.#put.run(kind, name, version, json);
  }

  delete(kind: string, name: string): void {
    this.#delete.run(kind, name);
  }

  /** All that `change` does, or nothing where it or writing it throws. */
  transaction(change: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      change();
      this.#database.exec("COMMIT");
    } catch (error) {
      // A full disk has ended it already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
