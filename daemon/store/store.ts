import type { Logger } from "../service/logger.ts";
import { CorruptDatabase, openDatabase } from "./database.ts";
import { moveAside } from "./database-file.ts";
import type { DocumentKind } from "./document-kind.ts";
import { DocumentTable } from "./document-table.ts";

/** JSON documents by kind and name that survive a restart. No method throws for what the disk does. */
export interface Store extends Disposable {
  /** why what was put does not survive a restart now; undefined where it does */
  readonly trouble: string | undefined;
  /** What was put last, whether it has been committed or not. */
  get<Document>(kind: DocumentKind<Document>, name: string): Document | undefined;
  /** All documents of a kind, by name. */
  all<Document>(kind: DocumentKind<Document>): ReadonlyMap<string, Document>;
  /** To be written by the next `commit`. The document is taken as it is now. */
  put<Document>(kind: DocumentKind<Document>, name: string, document: NoInfer<Document>): void;
  remove(kind: DocumentKind<unknown>, name: string): void;
  /**
   * Writes what was put and removed since the last time, all of it or nothing, and waits until it is on the disk. What could not be
   * written is tried again with the next commit.
   */
  commit(): void;
}

export interface StoreOptions {
  readonly path: string;
  readonly logger: Logger;
  /** wall clock, for the name that a corrupt file gets */
  readonly nowUnixMs: () => number;
}

/**
 * Opens the store of a daemon. Never throws: a file that is corrupt is moved aside and a new one begun; where there can be none, what is
 * put is kept in memory until the daemon ends. Both are logged.
 */
export function openStore(options: StoreOptions): Store {
  return new DocumentStore(options);
}

interface Change {
  readonly kind: DocumentKind<unknown>;
  readonly name: string;
  /** absent where it was removed */
  readonly json?: string;
}

class DocumentStore implements Store {
  readonly #logger: Logger;
  readonly #table: DocumentTable | undefined;
  readonly #changes = new Map<string, Change>();
  #trouble: string | undefined;

  constructor(options: StoreOptions) {
    this.#logger = options.logger;
    try {
      this.#table = openTable(options);
    } catch (error) {
      this.#setTrouble(messageOf(error));
    }
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  get<Document>(kind: DocumentKind<Document>, name: string): Document | undefined {
    const change = this.#changes.get(keyOf(kind, name));
    if (change !== undefined) return change.json === undefined ? undefined : read(kind, change.json, kind.version);
    const row = this.#table?.get(kind.name, name);
    return row && read(kind, row.json, row.version);
  }

  all<Document>(kind: DocumentKind<Document>): ReadonlyMap<string, Document> {
    const documents = new Map<string, Document>();
    const add = (name: string, document: Document | undefined): void => {
      if (document !== undefined) documents.set(name, document);
    };
    for (const { name, json, version } of this.#table?.all(kind.name) ?? []) add(name, read(kind, json, version));
    for (const { kind: changed, name, json } of this.#changes.values()) {
      if (changed.name !== kind.name) continue;
      documents.delete(name);
      if (json !== undefined) add(name, read(kind, json, kind.version));
    }
    return documents;
  }

  put<Document>(kind: DocumentKind<Document>, name: string, document: NoInfer<Document>): void {
    this.#changes.set(keyOf(kind, name), { kind, name, json: JSON.stringify(document) });
  }

  remove(kind: DocumentKind<unknown>, name: string): void {
    this.#changes.set(keyOf(kind, name), { kind, name });
  }

  commit(): void {
    const table = this.#table;
    if (table === undefined || this.#changes.size === 0) return;
    try {
      table.transaction(() => {
        for (const { kind, name, json } of this.#changes.values()) {
          if (json === undefined) table.delete(kind.name, name);
          else table.put(kind.name, name, { version: kind.version, json });
        }
      });
      this.#changes.clear();
      this.#setTrouble(undefined);
    } catch (error) {
      this.#setTrouble(messageOf(error));
    }
  }

  [Symbol.dispose](): void {
    this.commit();
    this.#table?.[Symbol.dispose]();
  }

  #setTrouble(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble === undefined) this.#logger.info("state is kept again");
    else this.#logger.error({ reason: trouble }, "state is not kept: a restart would forget alerts and silences");
  }
}

function openTable({ path, logger, nowUnixMs }: StoreOptions): DocumentTable {
  try {
    return new DocumentTable(openDatabase(path));
  } catch (error) {
    if (!(error instanceof CorruptDatabase)) throw error;
    const movedTo = moveAside(path, nowUnixMs());
    logger.error({ reason: error.message, movedTo }, "the state was corrupt: alerts begin anew");
    return new DocumentTable(openDatabase(path));
  }
}

function keyOf(kind: DocumentKind<unknown>, name: string): string {
  return `${kind.name}\0${name}`;
}

/** Whatever a row holds that its kind cannot read is none. */
function read<Document>(kind: DocumentKind<Document>, json: string, version: number): Document | undefined {
  try {
    return kind.read(JSON.parse(json), version);
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
