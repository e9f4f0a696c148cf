import type { Expression } from "../../language/expression.ts";
import type { Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";
import { checkBinary } from "./binary.ts";
import { checkCall } from "./call.ts";
import { checkCoalesce } from "./coalesce.ts";
import { checkConditional } from "./conditional.ts";
import { checkIndex } from "./index-access.ts";
import { checkLiteral } from "./literal.ts";
import { checkMember } from "./member.ts";
import { checkMembership } from "./membership.ts";
import { checkName } from "./name.ts";
import { checkUnary } from "./unary.ts";

/**
 * Resolves an expression at a probe to a typed term. An error is reported once, at the innermost
 * expression that has it.
 */
export function checkExpression(expression: Expression, scope: Scope): Term {
  if (scope.reporter.isFull) return ERROR;
  switch (expression.kind) {
    case "name":
      return checkName(expression, scope, checkExpression);
    case "member":
      return checkMember(expression, scope, checkExpression);
    case "index":
      return checkIndex(expression, scope, checkExpression);
    case "call":
      return checkCall(expression, scope, checkExpression);
    case "unary":
      return checkUnary(expression, scope, checkExpression);
    case "binary":
      return checkBinary(expression, scope, checkExpression);
    case "membership":
      return checkMembership(expression, scope, checkExpression);
    case "conditional":
      return checkConditional(expression, scope, checkExpression);
    case "coalesce":
      return checkCoalesce(expression, scope, checkExpression);
    default:
      return checkLiteral(expression, scope);
  }
}
