import { existsSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../bpf/source/error-text.ts";
import { ApiError } from "../api/api-error.ts";
import { entriesQuestion, reportQuestion } from "../api/history-query.ts";
import { hostClock } from "../service/clock.ts";
import { answerOfFile } from "../store/history-file.ts";
import type { HistoryQuestion, HistoryReport, WeeklyReport } from "../store/history-answers.ts";
import { askDaemon, type DaemonOptions } from "./ask-daemon.ts";
import { stateFoldersOf } from "./find-daemon.ts";
import { fail } from "./host-trouble.ts";

type Query = Readonly<Record<string, string>>;

interface Answers {
  readonly history: HistoryReport;
  readonly report: WeeklyReport;
}

/** Make a question of a query, for the file. Without a daemon, nobody knows which rules run. */
const QUESTIONS = {
  history: entriesQuestion,
  report: (query: URLSearchParams, nowUnixMs: number): HistoryQuestion => {
    const { rules: _, ...question } = reportQuestion(query, nowUnixMs, []);
    return question;
  },
} as const satisfies Readonly<Record<string, (query: URLSearchParams, nowUnixMs: number) => HistoryQuestion>>;

/** Asks the running daemon for its history, or reads the file if none runs. Sets the exit code. */
export async function askHistory<What extends keyof Answers>(
  options: DaemonOptions,
  what: What,
  query: Query,
  show: (answer: Answers[What]) => void,
): Promise<void> {
  await askDaemon(options, async (client) => show((await client[what](query)) as Answers[What]), {
    waits: "for the history",
    whenNone: async (reason) => askFile(options, reason, what, query, show),
  });
}

async function askFile<What extends keyof Answers>(
  options: DaemonOptions,
  reason: string,
  what: What,
  query: Query,
  show: (answer: Answers[What]) => void,
): Promise<void> {
  const folders = await Array.fromAsync(stateFoldersOf(options));
  const path = folders.map((folder) => join(folder, "state.db")).find((each) => existsSync(each));
  if (path === undefined) return fail(reason);
  try {
    const nowUnixMs = hostClock().unixMs();
    show(answerOfFile(path, QUESTIONS[what](new URLSearchParams(query), nowUnixMs), nowUnixMs) as Answers[What]);
  } catch (error) {
    if (error instanceof ApiError) return fail([error.message, ...error.details].join("\n  "), 2);
    fail(`${reason}\n  the history in "${path}" cannot be read: ${errorText(error)}`);
  }
}
