import type { Span } from "./source.ts";

/** A second place that a diagnostic speaks of, such as the first of two equal names. */
export interface RelatedSpan {
  readonly message: string;
  readonly span: Span;
}

/**
 * What is wrong with a text, as data. Diagnostics are collected, never thrown: exceptions are for I/O and for our own bugs.
 * `message` is lower case, `expected X, found Y`, names in double quotes; `help` says what to write instead.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly span: Span;
  readonly related?: readonly RelatedSpan[];
  readonly help?: string;
}

/** The second value of every stage that can find fault with its input: a result is absent where an error stands. */
export interface Checked<Result> {
  readonly result?: Result;
  readonly diagnostics: readonly Diagnostic[];
}
