import type { EntriesQuestion, ReportQuestion } from "../store/history-answers.ts";
import { ApiError } from "./api-error.ts";
import { timeIn } from "./find-silence.ts";

/** The most alerts in one answer. */
export const MOST_ENTRIES = 10_000;
const DAY_MS = 86_400_000;

/** Reads the query of `/v1/history`. Throws ApiError with all errors in it. */
export function entriesQuestion(query: URLSearchParams, nowUnixMs: number): EntriesQuestion {
  const [rule, receiver] = [query.get("rule"), query.get("receiver")];
  const faults: string[] = [];
  const question: EntriesQuestion = {
    kind: "entries",
    ...spanOf(query, nowUnixMs, faults),
    ...(rule !== null && { rule }),
    ...(receiver !== null && { receiver }),
    drills: query.get("drills") === "true",
    limit: limitOf(query.get("limit"), faults),
  };
  refuse(faults);
  return question;
}

/**
 * Reads the query of `/v1/report`. Throws ApiError with all errors in it.
 *
 * @param rules the rules that can fire
 */
export function reportQuestion(query: URLSearchParams, nowUnixMs: number, rules: readonly string[]): ReportQuestion {
  const faults: string[] = [];
  const question = { kind: "report", ...spanOf(query, nowUnixMs, faults), rules } as const;
  refuse(faults);
  return question;
}

function spanOf(
  query: URLSearchParams,
  nowUnixMs: number,
  faults: string[],
): Pick<EntriesQuestion, "sinceUnixMs" | "untilUnixMs"> {
  const [since, until] = [query.get("since"), query.get("until")];
  return {
    sinceUnixMs: since === null ? nowUnixMs - DAY_MS : timeIn("since", since, faults),
    untilUnixMs: until === null ? nowUnixMs : timeIn("until", until, faults),
  };
}

function limitOf(text: string | null, faults: string[]): number {
  const limit = Number(text ?? MOST_ENTRIES);
  if (Number.isInteger(limit) && limit > 0 && limit <= MOST_ENTRIES) return limit;
  faults.push(`limit: expected a number from 1 to ${MOST_ENTRIES}, found "${text}"`);
  return 1;
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new ApiError(400, "the query is invalid", faults);
}
