import { helpOf } from "../../bpf/source/format-diagnostic.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { positionAt } from "../../bpf/source/position.ts";
import type { Span } from "../../bpf/source/source.ts";

/** Formats a diagnostic for `--json`, with its place in lines and columns from 1. */
export function jsonDiagnostic(diagnostic: Diagnostic): object {
  const { code, severity, message, span, related = [] } = diagnostic;
  const help = helpOf(diagnostic);
  return {
    ...placeOf(span),
    code,
    severity,
    message,
    ...(help !== undefined && { help }),
    related: related.map((each) => ({ ...placeOf(each.span), message: each.message })),
  };
}

function placeOf(span: Span): object {
  const { line, column } = positionAt(span.source, span.start);
  return { path: span.source.path, line, column };
}
