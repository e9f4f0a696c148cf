import type { Expression } from "../../bpf/language/expression.ts";
import type { NamedExpression, ProbeSyntax } from "../../bpf/language/program-syntax.ts";

/** A probe with the `filter` and `with` of the `{probe, filter, with}` around it. In a span they belong to its end, in a list to each item. */
export function refineProbe(
  probe: ProbeSyntax,
  filter: Expression | undefined,
  names: readonly NamedExpression[],
): ProbeSyntax {
  if (probe.kind === "alternatives") {
    return { ...probe, options: probe.options.map((option) => refineProbe(option, filter, names)) };
  }
  if (probe.kind === "span") {
    const toFilter = both(probe.toFilter, filter);
    return { ...probe, with: [...probe.with, ...names], ...(toFilter === undefined ? {} : { toFilter }) };
  }
  const joined = both(probe.filter, filter);
  return { ...probe, with: [...probe.with, ...names], ...(joined === undefined ? {} : { filter: joined }) };
}

function both(left: Expression | undefined, right: Expression | undefined): Expression | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return { kind: "binary", operator: "and", left, right, span: left.span };
}
