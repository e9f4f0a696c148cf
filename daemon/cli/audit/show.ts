import { visibleText } from "../../../bpf/source/visible.ts";
import { jsonLine } from "../../text/json-line.ts";
import { secondText } from "../../text/time-text.ts";
import { fail, reportHostTrouble } from "../host-trouble.ts";
import { WrongTime } from "../past-time.ts";
import { fieldText, type LogRecord, recordsOf } from "./log-records.ts";
import { choiceOf, type ChoiceOptions, WrongMatchers } from "./record-choice.ts";
import { allLogPathsOf } from "./sealed-logs.ts";

export interface ShowOptions extends ChoiceOptions {
  readonly config?: string;
  readonly log: readonly string[];
  readonly limit?: string;
  readonly json?: boolean;
}

/** `bpfwarden audit show`: prints the records of logs that match, the oldest first. */
export async function show(matchers: readonly string[], options: ShowOptions): Promise<void> {
  const { limit = "Infinity", json } = options;
  const most = Number(limit);
  if (!(most > 0)) return fail(`expected a number for --limit, found "${limit}"`, 2);
  const lineOf = json === true ? jsonLine : recordLine;
  const latest: LogRecord[] = [];
  await eachRecord(matchers, options, (record) => {
    if (most === Infinity) return console.log(lineOf(record));
    latest.push(record);
    if (latest.length > 2 * most) latest.splice(0, latest.length - most);
  });
  for (const record of latest.slice(-most)) console.log(lineOf(record));
}

/**
 * Reads the records that the options choose, the oldest first. Says what is wrong with options or
 * files.
 */
export async function eachRecord(
  matchers: readonly string[],
  { config, log, ...options }: ShowOptions,
  take: (record: LogRecord) => void,
): Promise<void> {
  try {
    const isChosen = choiceOf(matchers, options);
    for await (const record of recordsOf(await allLogPathsOf(log, config))) if (isChosen(record)) take(record);
  } catch (error) {
    if (error instanceof WrongMatchers) {
      console.error(error.message);
      process.exitCode = 2;
    } else if (error instanceof WrongTime) fail(error.message, 2);
    else reportHostTrouble(error);
  }
}

/** Returns a record as a line: `2026-12-01 10:00:00 bash-audit  command="ls" uid=0 …`. */
function recordLine(record: LogRecord): string {
  const { time, rule, ...fields } = record;
  const shown = Object.entries(fields).map(([name, value]) =>
    typeof value === "string" ? `${name}="${value}"` : `${name}=${fieldText(record, name)}`,
  );
  return visibleText(`${secondText(Date.parse(time))} ${rule}  ${shown.join(" ")}`);
}
