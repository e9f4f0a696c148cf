import type { Expression } from "../../language/expression.ts";
import type { NamedExpression } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Span } from "../../source/source.ts";
import type { Step } from "../checked-program.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { conditionOf } from "../operands.ts";
import { detached } from "../places.ts";
import type { Reporter } from "../reporter.ts";
import { isTrivial, type Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { FilterContradictions } from "./filter-contradictions.ts";
import type { ProgramDraft } from "./merge-programs.ts";
import type { Point } from "./points.ts";

/**
 * Collects the steps of one program in order, while its expressions are checked. A `with` name is
 * bound when it is first used, so that events which a filter rejects do not pay for later steps.
 * The names may use each other in any order.
 */
export class ProgramBuilder {
  readonly scope: Scope;
  readonly #point: Point;
  readonly #steps: Step[] = [];
  readonly #terms = new Map<string, Term>();
  readonly #pending: Map<string, NamedExpression>;
  readonly #definitions = new Map<number, Scalar>();
  /** for each name, the function that binds it when it is first used */
  readonly #offers = new Map<string, () => void>();
  /** steps after all others */
  readonly #last: Step[] = [];
  readonly #open = new Set<string>();
  readonly #reporter: Reporter;
  readonly #filters: FilterContradictions;
  #variables = 0;
  #live = true;

  /**
   * The `with` names beside the probe replace those beside the signal. `memos` are offered before
   * any filter is checked.
   */
  constructor(
    point: Point,
    withs: readonly NamedExpression[],
    kernel: Kernel,
    reporter: Reporter,
    memos?: { readonly offer: (builder: ProgramBuilder) => void },
  ) {
    this.#point = point;
    this.#reporter = reporter;
    this.#filters = new FilterContradictions((variable) => this.#definitions.get(variable), reporter);
    this.#pending = new Map([...withs, ...point.with].map((named) => [named.name.text, named]));
    this.scope = {
      kernel,
      probe: point.probe,
      reporter,
      bound: (name) => this.#bound(name),
      boundNames: () => [...this.#pending.keys(), ...this.#terms.keys(), ...this.#offers.keys()],
      share: (value, span) => this.#share(value, span),
    };
    memos?.offer(this);
    for (const condition of point.filters) this.filter(condition);
  }

  push(step: Step): void {
    this.#steps.push(step);
  }

  variable(): number {
    return this.#variables++;
  }

  bind(name: string, term: Term): void {
    this.#terms.set(name, term);
  }

  /**
   * Offers names that `bindAll` binds together when the first of them is used. The expressions that
   * it checks must not use these names.
   */
  offer(names: readonly string[], bindAll: () => void): void {
    const bindOnce = (): void => {
      for (const name of names) this.#offers.delete(name);
      bindAll();
    };
    for (const name of names) this.#offers.set(name, bindOnce);
  }

  /** Adds a step after all others, also those that are added later. */
  later(step: Step): void {
    this.#last.push(step);
  }

  /** Adds a filter, one step for each operand of its `and`s. */
  filter(condition: Expression): void {
    if (condition.kind === "binary" && condition.operator === "and") {
      this.filter(condition.left);
      this.filter(condition.right);
      return;
    }
    const scalar = conditionOf(checkExpression(condition, this.scope), condition, this.scope);
    if (scalar === undefined) return;
    if (scalar.op === "constant" && scalar.value === 0n) this.#neverTrue(condition);
    if (scalar.op === "constant") return;
    this.#filters.add(scalar, condition, this.#point.probe.spelled.text);
    this.push({ do: "filter", condition: scalar, span: condition.span });
  }

  /**
   * Returns the program so far, or undefined if a filter is always false. Names of `with` that
   * nobody used are checked for errors.
   */
  finish(name: string): ProgramDraft | undefined {
    const steps = [...this.#steps, ...this.#last];
    for (const unused of this.#pending.keys()) this.#bound(unused);
    const { attach, spelled } = this.#point.probe;
    return this.#live ? { name, attach, steps, span: spelled.span } : undefined;
  }

  #neverTrue({ span }: Expression): void {
    this.#live = false;
    const help = "nothing is counted there: change the condition, or leave the probe out";
    this.#reporter.warn("constant-filter", span, `this is never true at "${this.#point.probe.spelled.text}"`, help);
  }

  #share(value: Scalar, span: Span): Scalar {
    if (isTrivial(value)) return value;
    const variable = this.variable();
    this.#definitions.set(variable, value);
    this.push({ do: "bind", variable, value, span });
    return { op: "variable", variable };
  }

  #bound(name: string): Term | undefined {
    const named = this.#pending.get(name);
    if (named === undefined) {
      this.#offers.get(name)?.();
      return this.#terms.get(name);
    }
    if (this.#open.has(name)) return this.#circular(named);
    this.#open.add(name);
    const term = this.#shareTerm(checkExpression(named.expression, this.scope), named.expression.span);
    this.#pending.delete(name);
    this.#terms.set(name, term);
    return term;
  }

  #circular({ expression, name }: NamedExpression): Term {
    const message = `expected "${name.text}" to be defined by other names, found itself`;
    this.#reporter.error("circular-name", expression.span, message);
    return ERROR;
  }

  /**
   * Shares a term. A pointer is kept as a number, since the verifier no longer knows the type of a
   * pointer that was in a variable.
   */
  #shareTerm(term: Term, span: Span): Term {
    if (term.form !== "scalar" || isTrivial(term.scalar)) return term;
    if (term.type.kind !== "pointer") return { ...term, scalar: this.#share(term.scalar, span) };
    return { ...term, type: { ...term.type, direct: false }, scalar: this.#share(detached(term.scalar), span) };
  }
}
