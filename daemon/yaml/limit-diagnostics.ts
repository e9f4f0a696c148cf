import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { YamlCode } from "./codes.ts";

const MAX_DIAGNOSTICS = 50;

/**
 * Returns the first 50 diagnostics of a file in the order of the text, and a last one if there are
 * more.
 */
export function limitDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const sorted = diagnostics.toSorted((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  const first = sorted[MAX_DIAGNOSTICS];
  if (first === undefined) return sorted;
  const code: YamlCode = "too-many-problems";
  const message = `found more than ${MAX_DIAGNOSTICS} problems: the others are not shown`;
  return [...sorted.slice(0, MAX_DIAGNOSTICS), { code, severity: "error", message, span: first.span }];
}
