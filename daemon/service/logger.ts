import { fstatSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { type LogEntry, type LogFormat, formatEntry, logFormatFor } from "./log-format.ts";
import { redacted } from "./redact.ts";

export type { Logger } from "pino";

export interface LoggerOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: LogFormat;
  /** takes one line with its end */
  readonly write: (line: string) => void;
}

/** A log that shows no secrets: neither values under a secret's name, nor the paths of URLs. An error goes under `err`. */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  // The finished line is what is redacted, so that nothing comes in past it: a message, a child's bindings, an error's cause.
  const stream = { write: (line: string) => write(`${formatEntry(format, redacted(JSON.parse(line)) as LogEntry)}\n`) };
  return pino({ level, base: null }, stream);
}

/** The log of the daemon, on standard error, in the format that suits what that is. */
export function standardErrorLogger(level: LoggerOptions["level"], environment: NodeJS.ProcessEnv): Logger {
  const { dev, ino } = fstatSync(2);
  const format = logFormatFor(isatty(2), environment["JOURNAL_STREAM"], `${dev}:${ino}`);
  return createLogger({ level, format, write: writeStandardError });
}

/** Nobody reading it, or a full pipe, must not stop the daemon. */
function writeStandardError(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // There is no other place to tell it.
  }
}
