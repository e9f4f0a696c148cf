import type { Diagnostic } from "../source/diagnostic.ts";
import type { Span } from "../source/source.ts";
import type { CheckCode } from "./codes.ts";

/** Of more the rest is left out: nobody reads them, and wording each costs a search among all that a kernel has. */
const MOST = 60;

/** Collects diagnostics. What is said of one place twice, because its rule has several probes, is kept once. */
export interface Reporter {
  readonly diagnostics: readonly Diagnostic[];
  /** whether more errors would be left out: nothing need be looked for any further */
  readonly isFull: boolean;
  error(code: CheckCode, span: Span, message: string, help?: string): void;
  warn(code: CheckCode, span: Span, message: string, help?: string): void;
}

export function createReporter(): Reporter {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const count = { error: 0, warning: 0 };
  const add = (severity: Diagnostic["severity"], code: CheckCode, span: Span, message: string, help?: string): void => {
    const identity = `${code} ${span.start} ${span.end} ${message}`;
    if (seen.has(identity) || count[severity] >= MOST) return;
    count[severity]++;
    seen.add(identity);
    diagnostics.push({ code, severity, message, span, ...(help === undefined ? {} : { help }) });
  };
  return {
    diagnostics,
    get isFull() {
      return count.error >= MOST;
    },
    error: (code, span, message, help) => add("error", code, span, message, help),
    warn: (code, span, message, help) => add("warning", code, span, message, help),
  };
}
