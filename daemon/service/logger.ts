import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { hostClock } from "./clock.ts";
import { type LogEntry, type LogFormat, formatEntry, logFormatFor } from "./log-format.ts";
import { redacted } from "./redact.ts";
import { openStandardError } from "./standard-error.ts";

export type { Logger } from "pino";

export interface LoggerOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: LogFormat;
  /** gets one line with its line end */
  readonly write: (line: string) => void;
}

/**
 * Creates a log that shows no secrets: no values of secret keys and no paths of URLs. Errors are
 * logged under `err`.
 */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  // Redacts the finished line, so that nothing bypasses it: messages, a child's bindings, causes of
  // errors.
  const stream = { write: (line: string) => write(`${formatEntry(format, redacted(JSON.parse(line)) as LogEntry)}\n`) };
  return pino({ level, base: null }, stream);
}

/** A log whose writing does not delay the daemon. */
export interface ProcessLog {
  readonly logger: Logger;
  /** Resolves when everything is written, or after the timeout. */
  readonly flush: (timeoutMs: number) => Promise<void>;
}

const WARNING = 40;

/**
 * Creates the daemon's log on standard error, in the format that suits it. A reader that stops
 * reading must not stop the daemon.
 */
export function standardErrorLog(level: LoggerOptions["level"], environment: NodeJS.ProcessEnv): ProcessLog {
  const { dev, ino } = fstatSync(2);
  const format = logFormatFor(isatty(2), environment["JOURNAL_STREAM"], `${dev}:${ino}`);
  const clock = hostClock();
  const lines = openStandardError((lost) => {
    const msg = "lines of the log are lost: standard error was blocked";
    return `${formatEntry(format, { level: WARNING, time: clock.unixMs(), lost, msg })}\n`;
  });
  return {
    logger: createLogger({ level, format, write: (line) => lines.write(line) }),
    flush: async (timeoutMs) => lines.flush(timeoutMs),
  };
}
