import { createHash } from "node:crypto";
import { isatty } from "node:tty";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { formatDiagnostics, place } from "../../bpf/source/format-diagnostic.ts";
import type { Logger } from "./logger.ts";
import { allowsColor } from "./wants-color.ts";

/**
 * Limits the log: a folder of ten thousand broken files would fill it, and writing would take
 * seconds.
 */
const MOST_REPORTED = 200;

/**
 * Reports diagnostics: with code frames on a terminal, as one entry each in a log. Beyond 200, only
 * their number is reported.
 */
export function reportDiagnostics(logger: Logger, all: readonly Diagnostic[]): void {
  const diagnostics = all.slice(0, MOST_REPORTED);
  report(logger, diagnostics);
  const more = all.length - diagnostics.length;
  if (more > 0) logger.error({ problems: more }, `${more} more problems: "bpfwarden check" lists them`);
}

function report(logger: Logger, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  if (isatty(2)) {
    process.stderr.write(`${formatDiagnostics(diagnostics, { color: allowsColor(process.env) })}\n`);
    return;
  }
  for (const { severity, code, span, message, help } of diagnostics) {
    const fields = { code, ...(help !== undefined && { help }) };
    const text = `${place(span)}: ${message} [${code}]`;
    if (severity === "error") logger.error(fields, text);
    else logger.warn(fields, text);
  }
}

/**
 * Finds diagnostics that have not been reported yet, so that a reload for one file does not repeat
 * those of another.
 */
export class ReportedDiagnostics {
  #reported: ReadonlySet<string> = new Set();

  /**
   * Returns the new diagnostics. After a change of its text, a file's diagnostics are new.
   *
   * @param all all current diagnostics; others are forgotten, and are new when they come back
   */
  unreported(all: readonly Diagnostic[]): readonly Diagnostic[] {
    const before = this.#reported;
    this.#reported = new Set(all.map(identity));
    return all.filter((diagnostic) => !before.has(identity(diagnostic)));
  }
}

function identity({ code, message, span }: Diagnostic): string {
  return JSON.stringify([span.source.path, digestOf(span.source), span.start, code, message]);
}

const digests = new WeakMap<Source, string>();

function digestOf(source: Source): string {
  const digest = digests.get(source) ?? createHash("sha256").update(source.text).digest("base64");
  digests.set(source, digest);
  return digest;
}
