import type { Expression } from "./expression.ts";

/** Returns the expressions directly within an expression, in the order of the text. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "list":
      return expression.items;
    case "range":
      return [expression.low, expression.high];
    case "member":
      return [expression.object];
    case "index":
      return [expression.object, expression.index];
    case "call":
      return expression.arguments;
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "membership":
      return [expression.element, expression.set];
    case "conditional":
      return [expression.test, expression.then, expression.otherwise];
    case "coalesce":
      return expression.alternatives;
    default:
      return [];
  }
}

/** True if an expression has more than `levels` levels. It looks no deeper than that. */
export function isDeeperThan(expression: Expression, levels: number): boolean {
  return levels === 0 || childrenOf(expression).some((child) => isDeeperThan(child, levels - 1));
}
