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
  /** takes one line with its end */
  readonly write: (line: string) => void;
}

/** A log that shows no secrets: neither values under a secret's name, nor the paths of URLs. An error goes under `err`. */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  // The finished line is what is redacted, so that nothing comes in past it: a message, a child's bindings, an error's cause.
  const stream = { write: (line: string) => write(`${formatEntry(format, redacted(JSON.parse(line)) as LogEntry)}\n`) };
  return pino({ level, base: null }, stream);
}

/** A log that is written beside what the daemon does. */
export interface ProcessLog {
  readonly logger: Logger;
  /** Resolves when all of it is written, or the time is up. */
  readonly flush: (timeoutMs: number) => Promise<void>;
}

const WARNING = 40;

/** The log of the daemon, on standard error, in the format that suits what that is. Nobody reading it must not stop the daemon. */
export function standardErrorLog(level: LoggerOptions["level"], environment: NodeJS.ProcessEnv): ProcessLog {
  const { dev, ino } = fstatSync(2);
  const format = logFormatFor(isatty(2), environment["JOURNAL_STREAM"], `${dev}:${ino}`);
  const clock = hostClock();
  const lines = openStandardError((lost) => {
    const msg = "lines of the log are lost: standard error took nothing";
    return `${formatEntry(format, { level: WARNING, time: clock.unixMs(), lost, msg })}\n`;
  });
  return {
    logger: createLogger({ level, format, write: (line) => lines.write(line) }),
    flush: async (timeoutMs) => lines.flush(timeoutMs),
  };
}
