import { kernelMacro, type MacroHost, programMacro } from "../../../bpf/check/macros/macros.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import type { RuleSyntax } from "../../rules/rule-syntax.ts";
import { SURROUNDING_NAMES } from "./formula-name.ts";

/**
 * Returns the rule with numbers in place of the macros that `let` and `threshold` name (`ENOENT`,
 * `PAGE_SIZE`). The rule's own names come first.
 */
export function withMacroNumbers(rule: RuleSyntax, aggregates: readonly string[], host: MacroHost): RuleSyntax {
  const own = new Set([...aggregates, ...rule.let.map(({ name }) => name.text), ...Object.keys(SURROUNDING_NAMES)]);
  const valueOf = (name: string): bigint | undefined =>
    own.has(name) ? undefined : (programMacro(name, host) ?? kernelMacro(name, host));
  const replaced = (expression: Expression): Expression => replaceNames(expression, valueOf);
  const { threshold } = rule;
  return {
    ...rule,
    let: rule.let.map((each) => ({ ...each, expression: replaced(each.expression) })),
    ...(threshold && {
      threshold: {
        ...threshold,
        levels: threshold.levels.map((level) => ({ ...level, condition: replaced(level.condition) })),
        ...(threshold.clear && { clear: replaced(threshold.clear) }),
        ...(threshold.when && { when: replaced(threshold.when) }),
      },
    }),
  };
}

/**
 * Replaces names in the kinds of expressions that formulas have. Formulas refuse all other kinds
 * anyhow.
 */
function replaceNames(expression: Expression, valueOf: (name: string) => bigint | undefined): Expression {
  const inner = (each: Expression): Expression => replaceNames(each, valueOf);
  switch (expression.kind) {
    case "name": {
      const value = valueOf(expression.name);
      return value === undefined ? expression : { kind: "integer", value, span: expression.span };
    }
    case "list":
      return { ...expression, items: expression.items.map(inner) };
    case "range":
      return { ...expression, low: inner(expression.low), high: inner(expression.high) };
    case "call":
      return { ...expression, arguments: expression.arguments.map(inner) };
    case "unary":
      return { ...expression, operand: inner(expression.operand) };
    case "binary":
      return { ...expression, left: inner(expression.left), right: inner(expression.right) };
    case "coalesce":
      return { ...expression, alternatives: expression.alternatives.map(inner) };
    case "membership":
      return { ...expression, element: inner(expression.element), set: inner(expression.set) };
    case "conditional":
      return {
        ...expression,
        test: inner(expression.test),
        then: inner(expression.then),
        otherwise: inner(expression.otherwise),
      };
    default:
      return expression;
  }
}
