import type { Span } from "../source/source.ts";
import type { Expression } from "./expression.ts";

/** A text from a rule file with its place. */
export interface Spelled {
  readonly text: string;
  readonly span: Span;
}

/** `NAME: EXPR` of `by`, `with`, `keep`, `event`, `aggregate`. */
export interface NamedExpression {
  readonly name: Spelled;
  readonly expression: Expression;
}

/** What a rule says after `probe:`. */
export type ProbeSyntax = PointSyntax | AlternativesSyntax | AnySyntax | SpanSyntax;

/**
 * `tracepoint:tcp:tcp_retransmit_skb`, split at the colons of its kind by the checker; `filter` and `with` are its own. With `*` in it, it
 * stands for all probes that match, but those that `except` matches.
 */
export interface PointSyntax {
  readonly kind: "point";
  readonly point: Spelled;
  readonly except?: readonly Spelled[];
  readonly filter?: Expression;
  readonly with: readonly NamedExpression[];
}

/** A list: the first that this host has is used. */
export interface AlternativesSyntax {
  readonly kind: "alternatives";
  readonly options: readonly ProbeSyntax[];
  readonly span: Span;
}

/** `{any: [...]}`: all that exist of them feed the same signal; at least one must. */
export interface AnySyntax {
  readonly kind: "any";
  readonly probes: readonly ProbeSyntax[];
  readonly filter?: Expression;
  readonly with: readonly NamedExpression[];
  readonly span: Span;
}

/** `{from: P, to: P, ...}`. The match is the thread where none is given. `timeoutNs` defaults to 10 s. */
export interface SpanSyntax {
  readonly kind: "span";
  readonly from: ProbeSyntax;
  readonly to: ProbeSyntax;
  /** several expressions are a tuple; `from` and `to` are the same list where the rule says one for both ends */
  readonly match?: { readonly from: readonly Expression[]; readonly to: readonly Expression[] };
  readonly fromFilter?: Expression;
  readonly toFilter?: Expression;
  readonly keep: readonly NamedExpression[];
  readonly with: readonly NamedExpression[];
  readonly timeoutNs: bigint;
  readonly restart: boolean;
  readonly span: Span;
}

/** Numbers that a rule keeps in the kernel from one event to the next, for each value of `by`. Each is 0 until a probe sets it. */
export interface StateSyntax {
  readonly name: Spelled;
  readonly by: readonly Expression[];
  readonly keep: readonly Spelled[];
}

/** One stream of numbers: where it is counted and what. A rule without `signals:` has one, with the aggregates named by the user or `value`. */
export interface SignalSyntax {
  readonly name: Spelled;
  readonly probe: ProbeSyntax;
  /** counts only what happens while the same thread is inside this span */
  readonly during?: SpanSyntax;
  readonly with: readonly NamedExpression[];
  readonly filter?: Expression;
  /** `aggregate: EXPR` is one with the signal's own name; a map gives several sharing one pass. Empty: the rule only has `event`. */
  readonly aggregates: readonly NamedExpression[];
  /** what names of the rule's `state` are from here on: all are computed before the first is set */
  readonly set?: readonly NamedExpression[];
}

/** The half of a rule that runs in the kernel. */
export interface ProgramSyntax {
  readonly rule: Spelled;
  readonly signals: readonly SignalSyntax[];
  /** shared by all signals */
  readonly by: readonly NamedExpression[];
  /** what probes set and others use; nothing where absent */
  readonly state?: readonly StateSyntax[];
  /** a record for each match of the first signal's probe */
  readonly event?: readonly NamedExpression[];
  /** what the process that reads the counters does, and its children, is left out unless an expression speaks of `self` */
  readonly leavesOutSelf: boolean;
  readonly keyLimit: number;
  /** for how long a key is remembered after it was last seen: the window */
  readonly keyWindowMs: number;
  readonly ringBytes: number;
  /** spans of one kind that each user may have open */
  readonly spanLimit: number;
  /** records a second that each user may send; no limit where absent */
  readonly recordRate?: number;
}
