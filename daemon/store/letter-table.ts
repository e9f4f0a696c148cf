import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LetterChange, LetterRow, UnreadLetters, WholeLetter } from "./batch.ts";

/** The most letters that can wait. */
export const MAX_LETTERS = 10_000;
/**
 * The most letters that were given up and are kept: the latest, and larger ones without their
 * content.
 */
export const MAX_DEAD = 100;
const MAX_DEAD_BYTES = 64 * 1024;
/** A longer text was not written by this program. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

const IS_READABLE = `octet_length(id) + octet_length(action) + octet_length(rule) + octet_length(coalesce(lane, ''))
  + octet_length(coalesce(error, '')) <= ${MAX_TEXT_BYTES} AND octet_length(content) <= ${MAX_CONTENT_BYTES}`;

const COLUMNS = `id, sequence, action, rule, lane, level, items, since_unix_ms, octet_length(content) AS bytes,
  failed_unix_ms, error`;

/** The letters of a database. Methods throw SQLite's errors. */
export class LetterTable {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #restore: StatementSync;
  readonly #delete: StatementSync;
  readonly #fail: StatementSync;
  readonly #trimDead: StatementSync;
  readonly #content: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#put = database.prepare("INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)");
    this.#restore = database.prepare("INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#delete = database.prepare("DELETE FROM letters WHERE id = ?");
    this.#fail = database.prepare(`UPDATE letters SET failed_unix_ms = ?, error = ?,
      content = CASE WHEN octet_length(content) <= ${MAX_DEAD_BYTES} THEN content ELSE '' END WHERE id = ?`);
    this.#trimDead = database.prepare(`DELETE FROM letters WHERE failed_unix_ms IS NOT NULL AND rowid NOT IN
      (SELECT rowid FROM letters WHERE failed_unix_ms IS NOT NULL ORDER BY failed_unix_ms DESC, sequence DESC LIMIT ${MAX_DEAD})`);
    this.#content = database.prepare("SELECT content FROM letters WHERE id = ?");
  }

  /**
   * Returns the letters in the order of arrival, and deletes unreadable ones. If there are too
   * many, only the most severe and latest remain.
   */
  read(): { readonly letters: readonly LetterRow[]; readonly unread: readonly UnreadLetters[] } {
    this.#database.exec(`DELETE FROM letters WHERE NOT (${IS_READABLE})`);
    const unread = this.#trim();
    const rows = this.#database.prepare(`SELECT ${COLUMNS} FROM letters ORDER BY sequence`);
    rows.setReadBigInts(true);
    return { letters: Array.from(rows.iterate(), rowOf), unread };
  }

  change({ id, put, failed }: LetterChange): void {
    if (put !== undefined) {
      const { sequence, action, rule, lane, level, items, sinceUnixMs } = put.row;
      this.#put.run(id, sequence, action, rule, lane ?? null, level, items, Math.round(sinceUnixMs), put.content);
    }
    if (failed !== undefined) {
      this.#fail.run(Math.round(failed.unixMs), failed.error, id);
      this.#trimDead.run();
    } else if (put === undefined) this.#delete.run(id);
  }

  /** Returns undefined if there is no letter with this id. */
  content(id: string): string | undefined {
    const content = this.#content.get(id)?.["content"];
    return content === undefined ? undefined : String(content);
  }

  /**
   * Returns letters with their content, up to so many bytes: waiting letters first, and of these
   * the most severe and latest.
   */
  whole(maxBytes: number): readonly WholeLetter[] {
    const rows = this.#database.prepare(`SELECT ${COLUMNS}, content FROM letters
      WHERE ${IS_READABLE} ORDER BY failed_unix_ms IS NOT NULL, level DESC, sequence DESC`);
    rows.setReadBigInts(true);
    const letters: WholeLetter[] = [];
    let bytes = 0;
    for (const row of rows.iterate()) {
      const letter = { row: rowOf(row), content: String(row["content"]) };
      bytes += letter.row.bytes;
      if (bytes > maxBytes) break;
      letters.push(letter);
    }
    return letters;
  }

  /** Adds a letter of another database, unless it exists already. */
  restore({ row, content }: WholeLetter): void {
    const { id, sequence, action, rule, lane, level, items, sinceUnixMs, failed } = row;
    const failure = [failed?.unixMs ?? null, failed?.error ?? null] as const;
    this.#restore.run(id, sequence, action, rule, lane ?? null, level, items, sinceUnixMs, content, ...failure);
  }

  #trim(): readonly UnreadLetters[] {
    const keep = `SELECT rowid FROM letters WHERE failed_unix_ms IS NULL ORDER BY level DESC, sequence DESC LIMIT ${MAX_LETTERS}`;
    const count = Number(this.#database.prepare("SELECT count(*) AS n FROM letters").get()?.["n"]);
    if (count <= MAX_LETTERS) return [];
    const surplus = `failed_unix_ms IS NULL AND rowid NOT IN (${keep})`;
    const groups = this.#database.prepare(`SELECT action, level, count(*) AS letters, total(items) AS items FROM letters
      WHERE ${surplus} GROUP BY action, level ORDER BY letters DESC LIMIT 100`);
    groups.setReadBigInts(true);
    const unread = groups.all().map((row) => ({
      ...{ action: String(row["action"]), level: Number(row["level"]) },
      ...{ letters: Number(row["letters"]), items: Number(row["items"]) },
    }));
    this.#database.exec(`DELETE FROM letters WHERE ${surplus}`);
    this.#trimDead.run();
    return unread;
  }
}

function rowOf(row: Readonly<Record<string, unknown>>): LetterRow {
  const {
    id,
    sequence,
    action,
    rule,
    lane,
    level,
    items,
    since_unix_ms: since,
    bytes,
    failed_unix_ms: failedAt,
    error,
  } = row;
  return {
    ...{ id: String(id), sequence: Number(sequence), action: String(action), rule: String(rule) },
    ...(typeof lane === "string" && { lane }),
    ...{ level: Number(level), items: Number(items), sinceUnixMs: Number(since), bytes: Number(bytes) },
    ...(typeof failedAt === "bigint" && {
      failed: { unixMs: Number(failedAt), error: typeof error === "string" ? error : "" },
    }),
  };
}
