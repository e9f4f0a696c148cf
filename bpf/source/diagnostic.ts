import type { Span } from "./source.ts";

/** A second place that a diagnostic refers to, such as the first of two equal names. */
export interface RelatedSpan {
  readonly message: string;
  readonly span: Span;
}

/**
 * An error or a warning about a text, as data. Diagnostics are collected, never thrown: exceptions
 * are for I/O and for bugs of this program. `message` is lower case, `expected X, found Y`, with
 * names in double quotes. `help` says what to write instead.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly span: Span;
  readonly related?: readonly RelatedSpan[];
  readonly help?: string;
}

/**
 * The result of a stage that can find errors in its input. `result` is absent if there is an error.
 */
export interface Checked<Result> {
  readonly result?: Result;
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes an error. A stage that has a table of codes gives their type as `Code`. */
export function errorAt<Code extends string>(
  code: Code,
  message: string,
  span: Span,
  help?: string,
): Diagnostic & { readonly code: Code } {
  return { code, severity: "error", message, span, ...(help !== undefined && { help }) };
}

/** Makes a warning, as `errorAt` an error. */
export function warningAt<Code extends string>(
  code: Code,
  message: string,
  span: Span,
  help?: string,
): Diagnostic & { readonly code: Code } {
  return { ...errorAt(code, message, span, help), severity: "warning" };
}
