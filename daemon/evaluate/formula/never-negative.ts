import { aggregateRecord } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import type { ProgramSyntax } from "../../../bpf/language/program-syntax.ts";

/**
 * Returns the aggregates. A sum becomes one of unsigned values if its signal's filter lets no
 * negative value pass: `sum(args.ret)` with `filter: args.ret > 0` can only rise, though a system
 * call's result has a sign.
 */
export function withoutNeedlessSigns(
  { signals }: ProgramSyntax,
  aggregates: readonly Aggregate[],
): readonly Aggregate[] {
  return aggregates.map((aggregate) => {
    const signal = signals.find(({ name }) => name.text === aggregate.signal);
    const summed = signal?.aggregates.find(({ name }) => name.text === aggregate.name)?.expression;
    const value = summed?.kind === "call" ? summed.arguments[0] : undefined;
    if (!aggregateRecord(aggregate.function).addsValues || !aggregate.signed || value === undefined) return aggregate;
    const passed = signal?.filter === undefined ? [] : notNegativeBy(signal.filter);
    return isNotNegative(value, new Set(passed)) ? { ...aggregate, signed: false } : aggregate;
  });
}

/** Returns the expressions that a filter lets pass only if they are not negative, as printed. */
function notNegativeBy(filter: Expression): readonly string[] {
  if (filter.kind !== "binary") return [];
  const { operator, left, right } = filter;
  if (operator === "and") return [...notNegativeBy(left), ...notNegativeBy(right)];
  if (operator === ">" || operator === ">=") return isNotNegative(right) ? [printExpression(left)] : [];
  if (operator === "<" || operator === "<=") return isNotNegative(left) ? [printExpression(right)] : [];
  return [];
}

const KEEPS_SIGN: ReadonlySet<string> = new Set(["+", "*", "/", "%", ">>"]);

function isNotNegative(expression: Expression, passed: ReadonlySet<string> = new Set()): boolean {
  if (passed.has(printExpression(expression))) return true;
  switch (expression.kind) {
    case "integer":
    case "size":
    case "duration":
      return true;
    case "binary":
      return (
        KEEPS_SIGN.has(expression.operator) &&
        isNotNegative(expression.left, passed) &&
        isNotNegative(expression.right, passed)
      );
    case "conditional":
      return isNotNegative(expression.then, passed) && isNotNegative(expression.otherwise, passed);
    default:
      return false;
  }
}
