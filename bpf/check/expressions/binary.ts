import type { BinaryExpression } from "../../language/expression.ts";
import { logical } from "../constant-fold.ts";
import { conditionOf } from "../operands.ts";
import { branch, type CheckExpression, type Scope } from "../scope.ts";
import { booleanTerm, ERROR, type Term } from "../term.ts";
import { arithmetic } from "./arithmetic.ts";
import { compare } from "./comparison.ts";

export function checkBinary(expression: BinaryExpression, scope: Scope, check: CheckExpression): Term {
  const { operator, left, right } = expression;
  switch (operator) {
    case "and":
    case "or":
      return checkLogical(expression, operator, scope, check);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const sides = { left: check(left, scope), right: check(right, scope) };
      return compare({ operator, ...sides, leftExpression: left, rightExpression: right, expression }, scope);
    }
    default: {
      const sides = { left: check(left, scope), right: check(right, scope) };
      return arithmetic({ operator, ...sides, expression }, scope);
    }
  }
}

/** Checks `and` and `or`. The right side may not run, so no part of it is computed in advance. */
function checkLogical(
  expression: BinaryExpression,
  operator: "and" | "or",
  scope: Scope,
  check: CheckExpression,
): Term {
  const left = conditionOf(check(expression.left, scope), expression.left, scope);
  const right = conditionOf(check(expression.right, branch(scope)), expression.right, scope);
  return left === undefined || right === undefined ? ERROR : booleanTerm(logical(operator, left, right));
}
