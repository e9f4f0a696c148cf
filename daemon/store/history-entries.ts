import type { DatabaseSync } from "node:sqlite";
import { timeText } from "../text/time-text.ts";
import type { EntriesQuestion, HeldEntry, HistoryEntry, HistoryReport, NotifiedEntry } from "./history-answers.ts";
import type { WorstValue } from "./history-change.ts";

/** The most messages and holds of one alert in an answer. */
const MOST_EACH = 100;

type Row = Readonly<Record<string, unknown>>;

/** Returns the alerts that a question asks for. Throws SQLite's errors. */
export function historyEntries(database: DatabaseSync, question: EntriesQuestion, nowUnixMs: number): HistoryReport {
  const { sinceUnixMs, untilUnixMs, limit } = question;
  const { where, values } = conditionOf(question);
  const count = Number(database.prepare(`SELECT count(*) AS n FROM history WHERE ${where}`).get(values)?.["n"]);
  const rows = database.prepare(
    `SELECT * FROM history WHERE ${where} ORDER BY fired_unix_ms DESC, rowid DESC LIMIT $limit`,
  );
  const notified = database.prepare(`SELECT * FROM history_news JOIN history_messages ON id = message
    WHERE alert = ? ORDER BY made_unix_ms, history_messages.rowid LIMIT ${MOST_EACH}`);
  const holds = database.prepare(
    `SELECT * FROM history_holds WHERE alert = ? ORDER BY since_unix_ms LIMIT ${MOST_EACH}`,
  );
  const alerts = rows.all({ ...values, $limit: limit }).map((row) => {
    const id = String(row["id"]);
    return entryOf(row, notified.all(id).map(notifiedOf), holds.all(id).map(heldOf), nowUnixMs);
  });
  return {
    ...{ since: timeText(sinceUnixMs), until: timeText(untilUnixMs) },
    alerts: alerts.toReversed(),
    omitted: count - alerts.length,
  };
}

type Condition = { readonly where: string; readonly values: Readonly<Record<string, number | string>> };

function conditionOf({ sinceUnixMs, untilUnixMs, rule, receiver, drills }: EntriesQuestion): Condition {
  const values = {
    ...{ $since: Math.round(sinceUnixMs), $until: Math.round(untilUnixMs) },
    ...(rule !== undefined && { $rule: rule }),
    ...(receiver !== undefined && { $receiver: receiver }),
  };
  const where = [
    ...["fired_unix_ms <= $until", "(ended_unix_ms IS NULL OR ended_unix_ms >= $since)"],
    ...(rule === undefined ? [] : ["(rule = $rule OR alertname = $rule)"]),
    ...(drills ? [] : ["is_drill = 0"]),
    ...(receiver === undefined
      ? []
      : [
          `EXISTS (SELECT 1 FROM history_news JOIN history_messages AS m ON m.id = message
            WHERE alert = history.id AND m.receiver = $receiver)`,
        ]),
  ];
  return { where: where.join(" AND "), values };
}

function entryOf(
  row: Row,
  notified: readonly NotifiedEntry[],
  heldBack: readonly HeldEntry[],
  nowUnixMs: number,
): HistoryEntry {
  const firedUnixMs = Number(row["fired_unix_ms"]);
  const endedUnixMs = numberIn(row["ended_unix_ms"]);
  const pendingUnixMs = numberIn(row["pending_unix_ms"]);
  const worst = row["worst"] === null ? undefined : (JSON.parse(textIn(row, "worst")) as WorstValue);
  const levels = JSON.parse(String(row["levels"])) as readonly {
    readonly unixMs: number;
    readonly level: string;
    readonly reason: string;
  }[];
  return {
    ...{ id: textIn(row, "id"), alertname: textIn(row, "alertname"), rule: textIn(row, "rule") },
    labels: JSON.parse(textIn(row, "labels")) as HistoryEntry["labels"],
    ...{ level: textIn(row, "level"), peak: textIn(row, "peak") },
    ...(pendingUnixMs !== undefined && { pendingAt: timeText(pendingUnixMs) }),
    firedAt: timeText(firedUnixMs),
    ...(endedUnixMs !== undefined && { endedAt: timeText(endedUnixMs) }),
    lastedMs: Math.max(0, (endedUnixMs ?? nowUnixMs) - firedUnixMs),
    reason: textIn(row, "reason"),
    ...(row["end_reason"] !== null && { endReason: textIn(row, "end_reason") }),
    summary: textIn(row, "summary"),
    ...(worst !== undefined && {
      worst: { name: worst.name, unit: worst.unit, value: worst.value, at: timeText(worst.unixMs) },
    }),
    levels: levels.map(({ unixMs, level, reason }) => ({ at: timeText(unixMs), level, reason })),
    ...{ notified, heldBack, drill: Number(row["is_drill"]) === 1 },
  };
}

function notifiedOf(row: Row): NotifiedEntry {
  const settledUnixMs = numberIn(row["settled_unix_ms"]);
  return {
    ...{ receiver: textIn(row, "receiver"), status: textIn(row, "status") },
    at: timeText(Number(row["made_unix_ms"])),
    outcome: (row["outcome"] ?? "waiting") as NotifiedEntry["outcome"],
    ...(settledUnixMs !== undefined && { settledAt: timeText(settledUnixMs) }),
    ...(row["error"] !== null && { error: textIn(row, "error") }),
  };
}

function heldOf(row: Row): HeldEntry {
  const receiver = textIn(row, "receiver");
  return {
    ...{ stage: textIn(row, "stage"), reason: textIn(row, "reason") },
    ...(receiver !== "" && { receiver }),
    at: timeText(Number(row["since_unix_ms"])),
  };
}

const textIn = (row: Row, name: string): string => String(row[name]);

const numberIn = (value: unknown): number | undefined => (value === null ? undefined : Number(value));
