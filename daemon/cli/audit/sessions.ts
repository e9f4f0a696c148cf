import { visibleText } from "../../../bpf/source/visible.ts";
import { jsonLine } from "../../text/json-line.ts";
import { secondText } from "../../text/time-text.ts";
import { tableLines, type TableColumn } from "../../try/table.ts";
import { fail } from "../host-trouble.ts";
import { outputColumns, printLines } from "../print-lines.ts";
import { fieldText, type LogRecord } from "./log-records.ts";
import { eachRecord, type ShowOptions } from "./show.ts";

/** The commands of one login, or of one terminal if the kernel knows no session. */
interface Session {
  readonly id: string;
  readonly users: readonly string[];
  readonly tty: string;
  readonly first: string;
  readonly last: string;
  readonly records: readonly LogRecord[];
}

/** `bpfwarden audit sessions`: lists who was on, when, and how many commands they typed. */
export async function sessions(matchers: readonly string[], options: ShowOptions): Promise<void> {
  const found = await readSessions(matchers, options);
  if (options.json === true) return printLines(found.map((each) => jsonLine(summaryOf(each))));
  printLines(found.length === 0 ? ["no sessions: no record has a command and a terminal"] : table(found));
}

/** `bpfwarden audit session ID`: prints the commands of one session as a transcript. */
export async function session(id: string, options: ShowOptions): Promise<void> {
  const found = (await readSessions([], options)).find((each) => each.id === id);
  if (process.exitCode !== undefined) return;
  if (found === undefined) return fail(`no session "${id}": bpfwarden audit sessions lists them`);
  printLines(found.records.map(options.json === true ? jsonLine : transcriptLine));
}

async function readSessions(matchers: readonly string[], options: ShowOptions): Promise<readonly Session[]> {
  const byId = new Map<string, LogRecord[]>();
  await eachRecord(matchers, options, ({ record }) => {
    if (record["command"] === undefined || record["tty"] === undefined) return;
    byId.getOrInsertComputed(idOf(record), () => []).push(record);
  });
  return [...byId].map(([id, own]) => ({
    id,
    users: [...new Set(own.map(userOf))],
    tty: fieldText(own[0] ?? NO_RECORD, "tty"),
    first: own[0]?.time ?? "",
    last: own.at(-1)?.time ?? "",
    records: own,
  }));
}

const NO_RECORD: LogRecord = { time: "", rule: "" };

/**
 * Returns the kernel's number of a login's session (/proc/PID/sessionid), which all its programs
 * have, also after su and sudo. Where nothing sets it, as in a container, the terminal and the
 * shell stand for it.
 */
function idOf(record: LogRecord): string {
  const { sessionid } = record;
  return typeof sessionid === "number" ? String(sessionid) : `${fieldText(record, "tty")}:${fieldText(record, "pid")}`;
}

const userOf = (record: LogRecord): string => fieldText(record, "user") || fieldText(record, "uid");

function table(found: readonly Session[]): readonly string[] {
  const column = (title: string, cellOf: (each: Session) => string, least?: number): TableColumn => ({
    ...{ title, align: "left", cells: found.map((each) => visibleText(cellOf(each))) },
    ...(least !== undefined && { least }),
  });
  return tableLines(
    [
      column("SESSION", ({ id }) => id),
      column("USERS", ({ users }) => users.join(", "), 8),
      column("TERMINAL", ({ tty }) => tty),
      column("FIRST", ({ first }) => secondText(Date.parse(first))),
      column("LAST", ({ last }) => secondText(Date.parse(last))),
      column("COMMANDS", ({ records }) => String(records.length)),
    ],
    outputColumns(),
  );
}

function summaryOf({ records, ...rest }: Session): object {
  return { ...rest, commands: records.length };
}

/** Returns a command as it was typed: `10:00:01 alice /srv $ ls`. */
function transcriptLine(record: LogRecord): string {
  const time = secondText(Date.parse(record.time));
  return visibleText(`${time} ${userOf(record)} ${fieldText(record, "cwd")} $ ${fieldText(record, "command")}`);
}
