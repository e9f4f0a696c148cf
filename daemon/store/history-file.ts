import { DatabaseSync } from "node:sqlite";
import { withSchema } from "./database.ts";
import type { HistoryQuestion } from "./history-answers.ts";
import { historyEntries } from "./history-entries.ts";
import { historyReport } from "./history-report.ts";

/** Answers a question as JSON. Throws SQLite's errors. */
export function answerOf(database: DatabaseSync, question: HistoryQuestion, nowUnixMs: number): string {
  return JSON.stringify(
    question.kind === "entries" ? historyEntries(database, question, nowUnixMs) : historyReport(database, question),
  );
}

/**
 * Answers a question from a database that no daemon uses. Changes nothing. Throws if the file
 * cannot be read, is in use, or was written by an earlier version.
 */
export function answerOfFile(path: string, question: HistoryQuestion, nowUnixMs: number): unknown {
  using database = new DatabaseSync(path, { readOnly: true });
  return JSON.parse(withSchema(() => answerOf(database, question, nowUnixMs))) as unknown;
}
