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
