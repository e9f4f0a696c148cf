import type { Expression } from "../../language/expression.ts";
import { printExpression } from "../../language/printer.ts";
import { bothHold, contradicting, factsOf, isLarge, type Definition, type Facts } from "../filter-facts.ts";
import type { Reporter } from "../reporter.ts";
import type { Scalar } from "../typed-expression.ts";

/**
 * Warns of conditions of one program that cannot all be true, such as a port of a Unix socket, and
 * of conditions that are always true.
 */
export class FilterContradictions {
  readonly #definition: Definition;
  readonly #reporter: Reporter;
  readonly #earlier: { readonly facts: Facts; readonly condition: Expression }[] = [];
  #all: Facts | undefined = new Map();

  constructor(definition: Definition, reporter: Reporter) {
    this.#definition = definition;
    this.#reporter = reporter;
  }

  /** Adds a condition to those that must all hold. */
  add(scalar: Scalar, condition: Expression, probe: string): void {
    if (isLarge(scalar, this.#definition)) return;
    const facts = factsOf(scalar, true, this.#definition);
    const all = bothHold(this.#all, facts);
    if (factsOf(scalar, false, this.#definition) === undefined)
      this.#warn(condition, `this is always true at "${probe}"`);
    else if (facts === undefined) this.#warn(condition, `this is never true at "${probe}"`);
    else if (all === undefined && this.#all !== undefined)
      this.#warn(condition, `this is never true at "${probe}" where ${this.#against(facts)}`);
    if (facts !== undefined) this.#earlier.push({ facts, condition });
    this.#all = all;
  }

  /**
   * Returns the earlier condition that this one contradicts, or all of them if they contradict it
   * only together.
   */
  #against(facts: Facts): string {
    const alone = this.#earlier.find((each) => bothHold(each.facts, facts) === undefined);
    const keys = new Set(contradicting(this.#all ?? new Map(), facts));
    const together = this.#earlier.filter((each) => [...each.facts.keys()].some((key) => keys.has(key)));
    const meant = alone === undefined ? together : [alone];
    return meant.map(({ condition }) => `"${printExpression(condition)}"`).join(" and ");
  }

  #warn({ span }: Expression, message: string): void {
    this.#reporter.warn("constant-filter", span, message, "change the condition, or leave it out");
  }
}
