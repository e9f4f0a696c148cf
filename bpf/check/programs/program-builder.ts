import type { Expression } from "../../language/expression.ts";
import type { NamedExpression } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Step } from "../checked-program.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { conditionOf } from "../operands.ts";
import { detached } from "../places.ts";
import type { Reporter } from "../reporter.ts";
import { isTrivial, type Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import type { Point } from "./points.ts";

/** Collects the steps of one program in order, while its expressions are checked. */
export interface ProgramBuilder {
  readonly scope: Scope;
  /** steps so far; undefined once a filter is always false, since nothing after it can run */
  steps(): readonly Step[] | undefined;
  push(step: Step): void;
  /** Adds a filter, one step for each operand of its `and`s. */
  filter(condition: Expression): void;
  variable(): number;
  bind(name: string, term: Term): void;
  /** Checks what `with` binds and nobody used, for its faults. */
  finish(): void;
}

/**
 * `with` names are bound when first used: what a filter turns away costs nothing that only later steps need. They may use each
 * other in any order.
 */
export function createProgramBuilder(
  point: Point,
  withs: readonly NamedExpression[],
  kernel: Kernel,
  reporter: Reporter,
): ProgramBuilder {
  const steps: Step[] = [];
  const terms = new Map<string, Term>();
  const pending = new Map([...withs, ...point.with].map((named) => [named.name.text, named]));
  const names = [...pending.keys()];
  let variables = 0;
  let live = true;

  const share: Scope["share"] = (value, span) => {
    if (isTrivial(value)) return value;
    const variable = variables++;
    steps.push({ do: "bind", variable, value, span });
    return { op: "variable", variable };
  };
  const bound = (name: string): Term | undefined => {
    const named = pending.get(name);
    if (named === undefined) return terms.get(name);
    pending.delete(name);
    terms.set(name, ERROR);
    terms.set(name, shareTerm(checkExpression(named.expression, scope), named.expression, share));
    return terms.get(name);
  };
  const scope: Scope = {
    kernel,
    probe: point.probe,
    reporter,
    bound,
    boundNames: () => [...names, ...terms.keys()],
    share,
  };
  const addFilter = (condition: Expression): void => {
    if (condition.kind === "binary" && condition.operator === "and") {
      addFilter(condition.left);
      addFilter(condition.right);
      return;
    }
    const scalar = conditionOf(checkExpression(condition, scope), condition, scope);
    if (scalar === undefined) return;
    if (scalar.op !== "constant") steps.push({ do: "filter", condition: scalar, span: condition.span });
    else if (scalar.value === 0n) {
      live = false;
      reporter.warn("constant-filter", condition.span, `this is never true at "${point.probe.spelled.text}"`);
    }
  };
  return {
    scope,
    steps: () => (live ? steps : undefined),
    push: (step) => steps.push(step),
    filter: addFilter,
    variable: () => variables++,
    bind: (name, term) => terms.set(name, term),
    finish: () => [...pending.keys()].forEach((name) => checkUnused(name, pending, scope)),
  };
}

/** Pointers are remembered as numbers: what the verifier knows of them is not carried through a variable. */
function shareTerm(
  term: Term,
  expression: Expression,
  share: (value: Scalar, span: Expression["span"]) => Scalar,
): Term {
  if (term.form !== "scalar" || isTrivial(term.scalar)) return term;
  const type = term.type.kind === "pointer" ? { ...term.type, direct: false } : term.type;
  const value = term.type.kind === "pointer" ? detached(term.scalar) : term.scalar;
  return { ...term, type, scalar: share(value, expression.span) };
}

function checkUnused(name: string, pending: ReadonlyMap<string, NamedExpression>, scope: Scope): void {
  const named = pending.get(name);
  if (named !== undefined) checkExpression(named.expression, { ...scope, share: (value) => value });
}
