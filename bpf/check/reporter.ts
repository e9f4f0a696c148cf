import { type Diagnostic, errorAt, warningAt } from "../source/diagnostic.ts";
import type { Span } from "../source/source.ts";
import type { CheckCode } from "./codes.ts";

/**
 * The most diagnostics of a rule. Nobody reads more, and for each a search through all names of a
 * kernel may be needed.
 */
const MOST = 60;

/**
 * Collects diagnostics. A rule with several probes can produce one diagnostic several times: it is
 * kept once.
 */
export interface Reporter {
  readonly diagnostics: readonly Diagnostic[];
  /** true if further errors would be left out, so that there is no need to search for them */
  readonly isFull: boolean;
  error(code: CheckCode, span: Span, message: string, help?: string): void;
  warn(code: CheckCode, span: Span, message: string, help?: string): void;
}

const make = { error: errorAt<CheckCode>, warning: warningAt<CheckCode> };

export function createReporter(): Reporter {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const count = { error: 0, warning: 0 };
  const add = (severity: Diagnostic["severity"], code: CheckCode, span: Span, message: string, help?: string): void => {
    const identity = `${code} ${span.start} ${span.end} ${message}`;
    if (seen.has(identity) || count[severity] >= MOST) return;
    count[severity]++;
    seen.add(identity);
    diagnostics.push(make[severity](code, message, span, help));
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
