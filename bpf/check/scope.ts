import type { Expression } from "../language/expression.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Span } from "../source/source.ts";
import type { ResolvedProbe } from "./probes/probe-kind.ts";
import type { Reporter } from "./reporter.ts";
import type { Term } from "./term.ts";
import type { Scalar } from "./typed-expression.ts";

/**
 * Turns an expression into a term. Builtins and functions get it as a value, so that they need not
 * import the checker that uses them.
 */
export type CheckExpression = (expression: Expression, scope: Scope) => Term;

/** The kernel, the probe and the names that an expression is checked with. */
export interface Scope {
  readonly kernel: Kernel;
  readonly probe: ResolvedProbe;
  readonly reporter: Reporter;
  /** returns the value that `with`, `keep` or the span binds to a name, or undefined */
  bound(name: string): Term | undefined;
  boundNames(): Iterable<string>;
  /**
   * Returns a scalar that costs nothing to use again: it is bound to a variable just before the
   * current step. A trivial scalar, or one in a branch that may not run, is returned unchanged.
   */
  share(value: Scalar, span: Span): Scalar;
}

/**
 * Returns the scope of an operand that may not run (`right` of `and`, a branch of `?:`): no part of
 * it may be computed in advance.
 */
export function branch(scope: Scope): Scope {
  return { ...scope, share: (value) => value };
}

/** True for constants, context loads and variables, which are as cheap to repeat as to remember. */
export function isTrivial(value: Scalar): boolean {
  return ["constant", "context", "context-address", "variable", "helper"].includes(value.op);
}
