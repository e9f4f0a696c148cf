import type { DatabaseSync } from "node:sqlite";
import { timeText } from "../text/time-text.ts";
import type {
  KeyHistory,
  LossHistory,
  ReceiverHistory,
  ReportQuestion,
  RuleHistory,
  StageHistory,
  WeeklyReport,
} from "./history-answers.ts";

const HOUR_MS = 3_600_000;
/** The most lines of each kind. */
const MOST = 20;

/** Alerts in the span of time, without drills. */
const IN_TIME = "fired_unix_ms <= $until AND (ended_unix_ms IS NULL OR ended_unix_ms >= $since)";
const ALERTS = `${IN_TIME} AND is_drill = 0`;

type Row = Readonly<Record<string, unknown>>;

/** Returns the report about a span of time. Throws SQLite's errors. */
export function historyReport(
  database: DatabaseSync,
  { sinceUnixMs, untilUnixMs, rules }: ReportQuestion,
): WeeklyReport {
  const span = { $since: Math.round(sinceUnixMs), $until: Math.round(untilUnixMs) };
  const all = (sql: string): readonly Row[] => database.prepare(sql).all(span);
  const count = (where: string): number => Number(all(`SELECT count(*) AS n FROM history WHERE ${where}`)[0]?.["n"]);
  const byRule = rulesOf(all);
  const fired = new Set(byRule.map(({ alertname }) => alertname));
  return {
    ...{ since: timeText(sinceUnixMs), until: timeText(untilUnixMs) },
    ...{ alerts: count(ALERTS), drills: count(`${IN_TIME} AND is_drill = 1`) },
    rules: byRule,
    keys: all(`SELECT alertname, labels, count(*) AS n FROM history WHERE ${ALERTS}
      GROUP BY alertname, labels HAVING n > 1 ORDER BY n DESC LIMIT ${MOST}`).map(keyOf),
    ...(rules !== undefined && { neverFired: rules.filter((rule) => !fired.has(rule)) }),
    heldBack: all(`SELECT stage, h.reason, count(DISTINCT alert) AS n FROM history_holds AS h JOIN history ON id = alert
      WHERE ${ALERTS} GROUP BY stage, h.reason ORDER BY n DESC LIMIT ${MOST}`).map(stageOf),
    receivers: all(`SELECT receiver, coalesce(outcome, 'waiting') AS outcome, count(*) AS n,
        max(settled_unix_ms), error FROM history_messages
      WHERE made_unix_ms <= $until AND coalesce(settled_unix_ms, $until) >= $since
      GROUP BY receiver, outcome ORDER BY receiver`).reduce(withOutcome, []),
    losses: all(`SELECT rule, what, sum(count) AS n FROM history_losses
      WHERE hour_unix_ms < $until AND hour_unix_ms > $since - ${HOUR_MS}
      GROUP BY rule, what ORDER BY n DESC LIMIT ${MOST}`).map(lossOf),
  };
}

/** Returns the rules, and the notices about each, that fired. The noisiest are first. */
function rulesOf(all: (sql: string) => readonly Row[]): readonly RuleHistory[] {
  const rows = all(`SELECT id, rule, alertname, labels, fired_unix_ms, ended_unix_ms,
      EXISTS (SELECT 1 FROM history_holds WHERE alert = id) AS is_held,
      EXISTS (SELECT 1 FROM history_news WHERE alert = id) AS is_notified
    FROM history WHERE ${ALERTS} ORDER BY fired_unix_ms`);
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row["alertname"], row["rule"]]));
  return Array.from(groups.values(), ruleOf).toSorted((a, b) => b.alerts - a.alerts);
}

function ruleOf(rows: readonly Row[]): RuleHistory {
  const lasted = rows
    .flatMap((row) =>
      row["ended_unix_ms"] === null ? [] : [Number(row["ended_unix_ms"]) - Number(row["fired_unix_ms"])],
    )
    .toSorted((a, b) => a - b);
  const median = lasted[Math.floor((lasted.length - 1) / 2)];
  const longest = lasted.at(-1);
  return {
    ...{ alertname: String(rows[0]?.["alertname"]), rule: String(rows[0]?.["rule"]) },
    ...{ alerts: rows.length, firing: rows.length - lasted.length },
    ...(median !== undefined && { medianMs: median }),
    ...(longest !== undefined && { longestMs: longest }),
    mostWithinHour: mostWithinHour(rows),
    heldBack: rows.filter((row) => Number(row["is_held"]) === 1).length,
    notNotified: rows.filter((row) => Number(row["is_notified"]) === 0).length,
  };
}

/** Returns the most times that one key fired within an hour. */
function mostWithinHour(rows: readonly Row[]): number {
  let most = 0;
  for (const ofKey of Map.groupBy(rows, (row) => row["labels"]).values()) {
    const times = ofKey.map((row) => Number(row["fired_unix_ms"]));
    let first = 0;
    times.forEach((unixMs, index) => {
      while (unixMs - (times[first] ?? unixMs) >= HOUR_MS) first++;
      most = Math.max(most, index - first + 1);
    });
  }
  return most;
}

const keyOf = (row: Row): KeyHistory => ({
  alertname: String(row["alertname"]),
  labels: JSON.parse(String(row["labels"])) as KeyHistory["labels"],
  alerts: Number(row["n"]),
});

const stageOf = (row: Row): StageHistory => ({
  ...{ stage: String(row["stage"]), reason: String(row["reason"]) },
  alerts: Number(row["n"]),
});

const lossOf = (row: Row): LossHistory => ({
  ...{ rule: String(row["rule"]), what: String(row["what"]) },
  count: Number(row["n"]),
});

/** Adds the number of messages with one outcome to its receiver. */
function withOutcome(receivers: readonly ReceiverHistory[], row: Row): readonly ReceiverHistory[] {
  const receiver = String(row["receiver"]);
  const before = receivers.find((each) => each.receiver === receiver);
  const none: ReceiverHistory = { receiver, delivered: 0, waiting: 0, failed: 0, dropped: 0 };
  const now: ReceiverHistory = {
    ...(before ?? none),
    [String(row["outcome"])]: Number(row["n"]),
    ...(row["error"] !== null && { error: row["error"] as string }),
  };
  return [...receivers.filter((each) => each !== before), now];
}
