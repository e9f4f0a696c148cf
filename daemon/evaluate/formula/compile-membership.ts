import { isEmptyRange } from "../../../bpf/language/empty-range.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import type { Expression, MembershipExpression } from "../../../bpf/language/expression.ts";
import { comparison } from "./comparison.ts";
import { type ConditionFormula, conjunction, disjunction, negation, type NumberFormula } from "./formula.ts";
import { fail, type FormulaContext } from "./formula-context.ts";

type CompileNumber = (expression: Expression) => NumberFormula | undefined;

/** Compiles `x in [1, 2, 10..20]`, `x in 10..20` and their negations, as comparisons joined by `or`. */
export function compileMembership(
  context: FormulaContext,
  { element, set, negated }: MembershipExpression,
  compileNumber: CompileNumber,
): ConditionFormula | undefined {
  if (set.kind !== "list" && set.kind !== "range") {
    return fail(
      context,
      "formula-type",
      set.span,
      'expected a list or a range after "in"',
      'write "==" for one value, [1, 2] or 10..20',
    );
  }
  const compiled = compileNumber(element);
  if (compiled === undefined) return undefined;
  const items = set.kind === "list" ? set.items : [set];
  const tests = items.map((item) => compileItem(context, compiled, item, compileNumber));
  const found = tests.filter((test) => test !== undefined);
  const [first, ...others] = found;
  if (first === undefined || found.length < tests.length) return undefined;
  const member = others.reduce(disjunction, first);
  return negated ? negation(member) : member;
}

function compileItem(
  context: FormulaContext,
  element: NumberFormula,
  item: Expression,
  compileNumber: CompileNumber,
): ConditionFormula | undefined {
  if (item.kind === "range" && isEmptyRange(item)) {
    const help = `write ${printExpression(item.high)}..${printExpression(item.low)}`;
    return fail(context, "empty-range", item.span, "expected a range whose first end is the lower one", help);
  }
  const [low, high] = item.kind === "range" ? [item.low, item.high] : [item, item];
  const least = compileNumber(low);
  const most = low === high ? least : compileNumber(high);
  if (least === undefined || most === undefined) return undefined;
  if (least.unit !== element.unit || most.unit !== element.unit) {
    const [wanted, other] =
      element.unit === "duration" ? ["durations", "plain numbers"] : ["plain numbers", "durations"];
    return fail(context, "formula-unit", item.span, `expected ${wanted} after "in", found ${other}`);
  }
  return conjunction(comparison(element, least, ">="), comparison(element, most, "<="));
}
