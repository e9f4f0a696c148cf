import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { Span } from "../../bpf/source/source.ts";
import type { PromqlCode } from "./codes.ts";

/** A part of a rule that PromQL cannot say. Thrown within one rule, and caught by `ruleGroup`. */
export class NotInPromql extends Error {
  readonly span: Span;

  /** @param what what PromQL has no equal for, such as `a condition ? :` */
  constructor(what: string, span: Span) {
    super(`PromQL has no equal for ${what}`);
    this.span = span;
  }

  get diagnostic(): Diagnostic {
    return errorAt<PromqlCode>("not-in-promql", this.message, this.span, "leave such rules to bpfwarden");
  }
}
