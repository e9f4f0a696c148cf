import { isatty } from "node:tty";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { formatDiagnostics, place } from "../bpf/source/format-diagnostic.ts";
import type { Logger } from "./service/logger.ts";

/** Tells what is wrong with files: with code frames on a terminal, as one entry each in a log. */
export function reportDiagnostics(logger: Logger, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  if (isatty(2)) {
    process.stderr.write(`${formatDiagnostics(diagnostics, { color: true })}\n`);
    return;
  }
  for (const { severity, code, span, message, help } of diagnostics) {
    const fields = { code, ...(help !== undefined && { help }) };
    const text = `${place(span)}: ${message} [${code}]`;
    if (severity === "error") logger.error(fields, text);
    else logger.warn(fields, text);
  }
}

/** Finds out of what is wrong now what has not been told: a reload for one file does not say again what is wrong with another. */
export class ToldDiagnostics {
  #told: ReadonlySet<string> = new Set();

  /**
   * Those that are new. A file whose text changed is told of anew.
   * @param all everything that is wrong now; what is not among it is forgotten, and told again when it comes back
   */
  untold(all: readonly Diagnostic[]): readonly Diagnostic[] {
    const before = this.#told;
    this.#told = new Set(all.map(identity));
    return all.filter((diagnostic) => !before.has(identity(diagnostic)));
  }
}

function identity({ code, message, span }: Diagnostic): string {
  return JSON.stringify([span.source.path, span.source.text, span.start, code, message]);
}
