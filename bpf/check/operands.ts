import type { Expression } from "../language/expression.ts";
import { describe } from "./describe.ts";
import type { Scope } from "./scope.ts";
import { integerType, type IntegerType, type ScalarTerm, type Term } from "./term.ts";
import type { Scalar } from "./typed-expression.ts";

export interface IntegerOperand {
  readonly type: IntegerType;
  readonly scalar: Scalar;
  readonly literal: boolean;
}

/**
 * Returns a term as a number; a boolean is 0 or 1. Any other term is reported, and undefined is
 * returned.
 */
export function integerOperand(term: Term, expression: Expression, scope: Scope): IntegerOperand | undefined {
  const integer = asInteger(term);
  if (integer === undefined && term.form !== "error") {
    const found = describe(term, scope.kernel.btf);
    scope.reporter.error("type-mismatch", expression.span, `expected an integer, found ${found}`, integerHelp(term));
  }
  return integer;
}

export function asInteger(term: Term): IntegerOperand | undefined {
  if (term.form !== "scalar") return undefined;
  const { literal, scalar, type } = term;
  if (type.kind === "boolean") return { type: integerType(8, false), scalar, literal };
  return type.kind === "integer" ? { type, scalar, literal } : undefined;
}

function integerHelp(term: Term): string | undefined {
  if (term.form === "scalar" && term.type.kind === "pointer") return 'write cast(x, "u64") for the address itself';
  if (term.form === "place" || term.form === "context-array") return "name one of its fields or elements";
  if (term.form === "bytes")
    return term.type.kind === "string" ? 'a string can be used in "by", "event" and comparisons' : undefined;
  return stackHelp(term);
}

function textHelp(term: Term): string | undefined {
  return term.form === "bytes" && term.type.kind === "string" ? 'compare it: x == "text"' : undefined;
}

function stackHelp(term: Term): string | undefined {
  const stack = term.form === "scalar" && term.type.kind === "stack";
  return stack ? 'a stack can be used in "by", "event" and "keep": write "by: {stack: kstack}"' : undefined;
}

/**
 * Returns a term as a condition: a boolean, or the literals true and false. Any other term is
 * reported, and undefined is returned.
 */
export function conditionOf(term: Term, expression: Expression, scope: Scope): Scalar | undefined {
  if (term.form === "error") return undefined;
  if (term.form === "scalar" && (term.type.kind === "boolean" || isTruthLiteral(term))) return term.scalar;
  const comparable = term.form === "scalar" && term.type.kind !== "stack";
  const help = comparable ? 'compare it: "x != 0"' : (textHelp(term) ?? stackHelp(term));
  scope.reporter.error(
    "type-mismatch",
    expression.span,
    `expected a boolean, found ${describe(term, scope.kernel.btf)}`,
    help,
  );
  return undefined;
}

function isTruthLiteral({ literal, scalar }: ScalarTerm): boolean {
  return literal && scalar.op === "constant" && (scalar.value === 0n || scalar.value === 1n);
}
