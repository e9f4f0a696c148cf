import type { Expression } from "../../language/expression.ts";
import type { Scope } from "../scope.ts";
import { addressTerm, ERROR, literalTerm, stringLiteral, type Term } from "../term.ts";

type Literal = Exclude<
  Expression,
  { kind: "name" | "member" | "index" | "call" | "unary" | "binary" | "membership" | "conditional" | "coalesce" }
>;

export function checkLiteral(literal: Literal, scope: Scope): Term {
  const { reporter } = scope;
  switch (literal.kind) {
    case "integer":
      return literalTerm(literal.value);
    case "duration":
      return literalTerm(literal.nanoseconds, { kind: "duration" });
    case "size":
      return literalTerm(literal.bytes, { kind: "bytes" });
    case "string":
      return stringLiteral(literal.value);
    case "network":
      return checkAddress(literal, scope);
    case "decimal":
    case "percentage":
      reporter.error(
        "user-space-only",
        literal.span,
        `expected an integer, found a ${literal.kind}`,
        'the kernel computes with integers: compare ratios in "threshold" or "let"',
      );
      return ERROR;
    case "list":
    case "range":
      reporter.error(
        "type-mismatch",
        literal.span,
        `expected a value, found a ${literal.kind}`,
        'write it to the right of "in"',
      );
      return ERROR;
  }
}

function checkAddress(literal: Extract<Literal, { kind: "network" }>, scope: Scope): Term {
  if (literal.prefixBits === 128) {
    return addressTerm({ op: "literal", value: literal.address, bytes: literal.address.length });
  }
  scope.reporter.error(
    "type-mismatch",
    literal.span,
    "expected an address, found a network",
    'write "address in network"',
  );
  return ERROR;
}
