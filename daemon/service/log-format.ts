import { visible, visibleJson } from "../../bpf/source/visible.ts";

/**
 * The format of a log line. `json` is pino's own; `journal` is the same with a priority in front,
 * which journald removes.
 */
export type LogFormat = "terminal" | "journal" | "json";

/** A parsed line of pino. */
export type LogEntry = Readonly<Record<string, unknown>> & { readonly level: number; readonly time: number };

interface Level {
  readonly from: number;
  readonly name: string;
  readonly priority: number;
}

const DEBUG: Level = { from: 0, name: "debug", priority: 7 };

/** pino's levels with their names and their syslog(3) priorities. */
const LEVELS: readonly Level[] = [
  { from: 60, name: "fatal", priority: 2 },
  { from: 50, name: "error", priority: 3 },
  { from: 40, name: "warning", priority: 4 },
  { from: 30, name: "info", priority: 6 },
  DEBUG,
];

const FORMATS: Readonly<Record<LogFormat, (entry: LogEntry) => string>> = {
  json: (entry) => visibleJson(JSON.stringify(entry)),
  journal: (entry) => `<${levelOf(entry).priority}>${visibleJson(JSON.stringify(entry))}`,
  terminal: readable,
};

/** Returns the entry as one line without a line end. */
export function formatEntry(format: LogFormat, entry: LogEntry): string {
  return FORMATS[format](entry);
}

/**
 * Returns the format for this standard error.
 * @param journalStream $JOURNAL_STREAM, `DEVICE:INODE` of the stream that systemd connected,
 *   systemd.exec(5)
 * @param standardError `DEVICE:INODE` of what standard error is now
 */
export function logFormatFor(isTerminal: boolean, journalStream: string | undefined, standardError: string): LogFormat {
  if (isTerminal) return "terminal";
  return journalStream === standardError ? "journal" : "json";
}

function readable(entry: LogEntry): string {
  const { level: _level, time, msg, err, ...rest } = entry;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const fields = Object.entries(rest).map(([name, value]) => ` ${visible(name)}=${visibleJson(JSON.stringify(value))}`);
  const text = oneLine(sentence(typeof msg === "string" ? msg : "", err));
  return `${clock} ${levelOf(entry).name.padEnd(7)} ${text}${fields.join("")}`;
}

/**
 * Joins the message and the error's text. For an entry without a message pino uses the error's text
 * as message.
 */
function sentence(message: string, err: unknown): string {
  if (typeof err !== "object" || err === null || !("message" in err)) return message;
  const error = String(err.message);
  return error.startsWith(message) ? error : `${message}: ${error}`;
}

/**
 * Shows control characters as escapes, also those that JSON does not escape: the text may come from
 * an attacker.
 */
function oneLine(text: string): string {
  return visibleJson(text.replaceAll(/[\u0000-\u001f]/g, (character) => JSON.stringify(character).slice(1, -1)));
}

function levelOf(entry: LogEntry): Level {
  return LEVELS.find(({ from }) => entry.level >= from) ?? DEBUG;
}
