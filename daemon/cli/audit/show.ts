import { visibleText } from "../../../bpf/source/visible.ts";
import { jsonLine } from "../../text/json-line.ts";
import { secondText } from "../../text/time-text.ts";
import { fail, reportHostTrouble } from "../host-trouble.ts";
import { WrongTime } from "../past-time.ts";
import { fieldText, type NumberedRecord, recordsOf } from "./log-records.ts";
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
  const lineOf = json === true ? recordJson : recordLine;
  const latest: NumberedRecord[] = [];
  await eachRecord(matchers, options, (found) => {
    if (most === Infinity) return console.log(lineOf(found));
    latest.push(found);
    if (latest.length > 2 * most) latest.splice(0, latest.length - most);
  });
  for (const found of latest.slice(-most)) console.log(lineOf(found));
}

/**
 * Reads the records that the options choose, the oldest first. Says what is wrong with options or
 * files.
 */
export async function eachRecord(
  matchers: readonly string[],
  { config, log, ...options }: ShowOptions,
  take: (found: NumberedRecord) => void,
): Promise<void> {
  try {
    const isChosen = choiceOf(matchers, options);
    for await (const found of recordsOf(await allLogPathsOf(log, config))) if (isChosen(found.record)) take(found);
  } catch (error) {
    if (error instanceof WrongMatchers) {
      console.error(error.message);
      process.exitCode = 2;
    } else if (error instanceof WrongTime) fail(error.message, 2);
    else reportHostTrouble(error);
  }
}

/** Returns a record as a line: `#17 2026-12-01T10:00:00Z bash-audit  command="ls" uid=0 …`. */
function recordLine({ record, number }: NumberedRecord): string {
  const { time, rule, ...fields } = record;
  const shown = Object.entries(fields).map(([name, value]) =>
    typeof value === "string" ? `${name}="${value}"` : `${name}=${fieldText(record, name)}`,
  );
  const place = number === undefined ? "" : `#${number} `;
  return visibleText(`${place}${secondText(Date.parse(time))} ${rule}  ${shown.join(" ")}`);
}

/** Returns a record as JSON, with its number as `record` if it has no field of that name. */
function recordJson({ record, number }: NumberedRecord): string {
  return jsonLine(number === undefined ? record : { record: number, ...record });
}
