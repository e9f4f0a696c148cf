import type { Expression } from "../language/expression.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Span } from "../source/source.ts";
import type { ResolvedProbe } from "./probes/probe-kind.ts";
import type { Reporter } from "./reporter.ts";
import type { Term } from "./term.ts";
import type { Scalar } from "./typed-expression.ts";

/** Turns an expression into a term; handed to builtins and functions, so that they need not import the checker that uses them. */
export type CheckExpression = (expression: Expression, scope: Scope) => Term;

/** What an expression is checked against. */
export interface Scope {
  readonly kernel: Kernel;
  readonly probe: ResolvedProbe;
  readonly reporter: Reporter;
  /** names bound by `with`, `keep` and the span; undefined where there is none of that name */
  bound(name: string): Term | undefined;
  boundNames(): Iterable<string>;
  /**
   * A scalar that costs nothing to use again: bound to a variable just before the step being built, unless it is trivial or
   * stands in a branch that may not run, where it is given back as it is.
   */
  share(value: Scalar, span: Span): Scalar;
}

/** The scope of an operand that may not run (`right` of `and`, a branch of `?:`): nothing of it may be computed ahead. */
export function branch(scope: Scope): Scope {
  return { ...scope, share: (value) => value };
}

/** Constants, context loads, variables: as cheap to repeat as to remember. */
export function isTrivial(value: Scalar): boolean {
  return ["constant", "context", "context-address", "variable", "helper"].includes(value.op);
}
