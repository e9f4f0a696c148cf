import type { Span } from "../source/source.ts";
import type { Expression } from "./expression.ts";

/** A text from a rule file, with its place. */
export interface Spelled {
  readonly text: string;
  readonly span: Span;
}

/** `NAME: EXPR` of `by`, `with`, `keep`, `event`, `aggregate`. */
export interface NamedExpression {
  readonly name: Spelled;
  readonly expression: Expression;
}

/** The value of `probe:` in a rule. */
export type ProbeSyntax = PointSyntax | AlternativesSyntax | AnySyntax | SpanSyntax;

/**
 * One probe, such as `tracepoint:tcp:tcp_retransmit_skb`. The checker splits it at the colons of
 * its kind. `filter` and `with` belong to this probe only. A name with `*` means all matching
 * probes without those that `except` matches.
 */
export interface PointSyntax {
  readonly kind: "point";
  readonly point: Spelled;
  readonly except?: readonly Spelled[];
  readonly filter?: Expression;
  readonly with: readonly NamedExpression[];
}

/** A list: the first probe that this host has is used. */
export interface AlternativesSyntax {
  readonly kind: "alternatives";
  readonly options: readonly ProbeSyntax[];
  readonly span: Span;
}

/**
 * `{any: [...]}`: all probes of the list that this host has feed the same signal. At least one must
 * exist.
 */
export interface AnySyntax {
  readonly kind: "any";
  readonly probes: readonly ProbeSyntax[];
  readonly filter?: Expression;
  readonly with: readonly NamedExpression[];
  readonly span: Span;
}

/**
 * `{from: P, to: P, ...}`. Without `match`, the two ends are matched by thread. `timeoutNs` is 10 s
 * by default.
 */
export interface SpanSyntax {
  readonly kind: "span";
  readonly from: ProbeSyntax;
  readonly to: ProbeSyntax;
  /**
   * several expressions are a tuple; `from` and `to` are the same list if the rule gives one for
   * both ends
   */
  readonly match?: { readonly from: readonly Expression[]; readonly to: readonly Expression[] };
  readonly fromFilter?: Expression;
  readonly toFilter?: Expression;
  readonly keep: readonly NamedExpression[];
  readonly with: readonly NamedExpression[];
  readonly timeoutNs: bigint;
  readonly restart: boolean;
  readonly span: Span;
}

/**
 * A number that a rule keeps in the kernel between events, for each value of `by`. It is 0 until a
 * probe sets it.
 */
export interface StateSyntax {
  readonly name: Spelled;
  readonly by: readonly Expression[];
  readonly keep: readonly Spelled[];
}

/**
 * One stream of numbers: the probe where it is counted, and its aggregates. A rule without
 * `signals:` has one signal. Its aggregates have the names that the user gave, or `value`.
 */
export interface SignalSyntax {
  readonly name: Spelled;
  readonly probe: ProbeSyntax;
  /** counts only events during this span of the same thread */
  readonly during?: SpanSyntax;
  readonly with: readonly NamedExpression[];
  readonly filter?: Expression;
  /**
   * `aggregate: EXPR` is one aggregate with the signal's own name; a map gives several that share
   * one pass; empty if the rule only has `event`
   */
  readonly aggregates: readonly NamedExpression[];
  /** the new values of names of the rule's `state`; all are computed before the first is set */
  readonly set?: readonly NamedExpression[];
}

/** The part of a rule that runs in the kernel. */
export interface ProgramSyntax {
  readonly rule: Spelled;
  readonly signals: readonly SignalSyntax[];
  /** shared by all signals */
  readonly by: readonly NamedExpression[];
  /** numbers that probes set and others use */
  readonly state?: readonly StateSyntax[];
  /** the fields of a record, which is sent for each match of the first signal's probe */
  readonly event?: readonly NamedExpression[];
  /**
   * events of the process that reads the counters, and of its children, are left out unless an
   * expression uses `self`
   */
  readonly leavesOutSelf: boolean;
  readonly keyLimit: number;
  /** the time for which a key is remembered after it was last seen: the window */
  readonly keyWindowMs: number;
  readonly ringBytes: number;
  /** the number of spans of one kind that each user may have open */
  readonly spanLimit: number;
  /** the number of records a second that each user may send; no limit if absent */
  readonly recordRate?: number;
}
