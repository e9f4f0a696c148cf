import type { DatabaseSync, StatementSync } from "node:sqlite";
import type {
  HistoryAlert,
  HistoryChange,
  HistoryDelivery,
  HistoryHold,
  HistoryLimits,
  HistoryLoss,
  HistoryMessage,
} from "./history-change.ts";

/** The most changes of the level that are kept of one alert. */
const MOST_LEVELS = 100;
/** The most rows that are deleted with one batch: the next ones delete the others. */
const DELETED_AT_ONCE = 5000;
/** A longer text is cut. */
const MAX_TEXT = 4096;
const HOUR_MS = 3_600_000;

const PUT_ALERT = `INSERT INTO history (id, rule, alertname, labels, level, peak, pending_unix_ms, fired_unix_ms,
    ended_unix_ms, reason, end_reason, summary, worst, levels, is_drill)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?)
  ON CONFLICT (id) DO UPDATE SET level = excluded.level, peak = excluded.peak, ended_unix_ms = excluded.ended_unix_ms,
    end_reason = excluded.end_reason, summary = excluded.summary, worst = coalesce(excluded.worst, worst),
    pending_unix_ms = coalesce(pending_unix_ms, excluded.pending_unix_ms)`;

/** The history of a database. Methods throw SQLite's errors. */
export class HistoryTable {
  readonly #database: DatabaseSync;
  readonly #putAlert: StatementSync;
  readonly #addLevel: StatementSync;
  readonly #putHold: StatementSync;
  readonly #putMessage: StatementSync;
  readonly #putNews: StatementSync;
  readonly #putDelivery: StatementSync;
  readonly #addLoss: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#putAlert = database.prepare(PUT_ALERT);
    this.#addLevel = database.prepare(`UPDATE history SET levels = json_insert(levels, '$[#]', json(?))
      WHERE id = ? AND json_array_length(levels) < ${MOST_LEVELS}`);
    this.#putHold = database.prepare(`INSERT INTO history_holds VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (alert, stage, receiver) DO UPDATE SET reason = excluded.reason`);
    this.#putMessage = database.prepare(`INSERT INTO history_messages (id, receiver, rule, items, made_unix_ms)
      VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`);
    this.#putNews = database.prepare("INSERT OR IGNORE INTO history_news VALUES (?, ?, ?)");
    this.#putDelivery = database.prepare(`INSERT INTO history_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET settled_unix_ms = excluded.settled_unix_ms, outcome = excluded.outcome,
        error = excluded.error`);
    this.#addLoss = database.prepare(`INSERT INTO history_losses VALUES (?, ?, ?, ?)
      ON CONFLICT (hour_unix_ms, rule, what) DO UPDATE SET count = count + excluded.count`);
  }

  change(change: HistoryChange): void {
    if (change.kind === "alert") this.#alert(change);
    else if (change.kind === "hold") this.#hold(change);
    else if (change.kind === "message") this.#message(change);
    else if (change.kind === "delivery") this.#delivery(change);
    else this.#loss(change);
  }

  #alert({ id, rule, alertname, labels, level, peak, reason, summary, worst, ended, ...alert }: HistoryAlert): void {
    const { pendingUnixMs = null, firedUnixMs, leveledUnixMs, isDrill } = alert;
    this.#putAlert.run(
      ...([id, rule, alertname, JSON.stringify(labels), level, peak] as const),
      ...([whole(pendingUnixMs), whole(firedUnixMs), whole(ended?.unixMs ?? null)] as const),
      ...([cut(reason), cutIfAny(ended?.reason), cut(summary)] as const),
      ...([worst === undefined ? null : JSON.stringify(worst), isDrill ? 1 : 0] as const),
    );
    if (leveledUnixMs === undefined) return;
    this.#addLevel.run(JSON.stringify({ unixMs: Math.round(leveledUnixMs), level, reason: cut(reason) }), id);
  }

  #hold({ alert, stage, receiver = "", reason, unixMs }: HistoryHold): void {
    this.#putHold.run(alert, stage, receiver, cut(reason), whole(unixMs));
  }

  #message({ id, receiver, rule, items, unixMs, alerts }: HistoryMessage): void {
    this.#putMessage.run(id, receiver, rule, items, whole(unixMs));
    for (const alert of alerts) this.#putNews.run(alert.id, id, alert.status);
  }

  #delivery({ id, receiver, rule, items, sinceUnixMs, unixMs, outcome, error }: HistoryDelivery): void {
    this.#putDelivery.run(id, receiver, rule, items, whole(sinceUnixMs), whole(unixMs), outcome, cutIfAny(error));
  }

  #loss({ rule, what, count, unixMs }: HistoryLoss): void {
    this.#addLoss.run(Math.floor(unixMs / HOUR_MS) * HOUR_MS, rule, what, Math.round(count));
  }

  /** Deletes what is older than the limits allow, and the oldest beyond their number. */
  trim({ retainMs, rows }: HistoryLimits, unixMs: number): void {
    const from = Math.round(unixMs - retainMs);
    const run = (sql: string, ...values: readonly number[]): void =>
      void this.#database.prepare(sql).run(...values, DELETED_AT_ONCE);
    const ORDER = "ORDER BY ended_unix_ms IS NULL, fired_unix_ms";
    run(
      `DELETE FROM history WHERE id IN (SELECT id FROM history
        WHERE ended_unix_ms IS NOT NULL AND fired_unix_ms < ?1 AND ended_unix_ms < ?1 ${ORDER} LIMIT ?2)`,
      from,
    );
    run(
      `DELETE FROM history WHERE id IN (SELECT id FROM history ${ORDER}
        LIMIT min(?2, max(0, (SELECT count(*) FROM history) - ?1)))`,
      rows,
    );
    run(
      `DELETE FROM history_messages WHERE rowid IN (SELECT rowid FROM history_messages
        WHERE made_unix_ms < ?1 OR rowid <= (SELECT max(rowid) FROM history_messages) - ?2 LIMIT ?3)`,
      from,
      rows,
    );
    run(
      "DELETE FROM history_losses WHERE rowid IN (SELECT rowid FROM history_losses WHERE hour_unix_ms < ? LIMIT ?)",
      from,
    );
  }
}

const whole = (number: number | null): number | null => (number === null ? null : Math.round(number));

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

const cutIfAny = (text: string | undefined): string | null => (text === undefined ? null : cut(text));
