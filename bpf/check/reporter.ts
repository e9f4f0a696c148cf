import type { Diagnostic } from "../source/diagnostic.ts";
import type { Span } from "../source/source.ts";
import type { CheckCode } from "./codes.ts";

/** Collects diagnostics. What is said of one place twice, because its rule has several probes, is kept once. */
export interface Reporter {
  readonly diagnostics: readonly Diagnostic[];
  error(code: CheckCode, span: Span, message: string, help?: string): void;
  warn(code: CheckCode, span: Span, message: string, help?: string): void;
}

export function createReporter(): Reporter {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const add = (severity: Diagnostic["severity"], code: CheckCode, span: Span, message: string, help?: string): void => {
    const identity = `${code} ${span.start} ${span.end} ${message}`;
    if (seen.has(identity)) return;
    seen.add(identity);
    diagnostics.push({ code, severity, message, span, ...(help === undefined ? {} : { help }) });
  };
  return {
    diagnostics,
    error: (code, span, message, help) => add("error", code, span, message, help),
    warn: (code, span, message, help) => add("warning", code, span, message, help),
  };
}
