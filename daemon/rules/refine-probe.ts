import type { Expression } from "../../bpf/language/expression.ts";
import type { NamedExpression, ProbeSyntax, Spelled } from "../../bpf/language/program-syntax.ts";

/**
 * Adds the `filter` and `with` of the surrounding `{probe, filter, with}` to a probe. A span gets
 * them at its end, a list at each item.
 */
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

/** Excludes the probes that match `except`, in every pattern of a list, `any` or span. */
export function exceptProbes(probe: ProbeSyntax, except: readonly Spelled[]): ProbeSyntax {
  const within = (each: ProbeSyntax): ProbeSyntax =>
    each.kind === "point" && !each.point.text.includes("*") ? each : exceptProbes(each, except);
  switch (probe.kind) {
    case "point":
      return { ...probe, except: [...(probe.except ?? []), ...except] };
    case "alternatives":
      return { ...probe, options: probe.options.map(within) };
    case "any":
      return { ...probe, probes: probe.probes.map(within) };
    case "span":
      return { ...probe, from: within(probe.from), to: within(probe.to) };
  }
}

function both(left: Expression | undefined, right: Expression | undefined): Expression | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return { kind: "binary", operator: "and", left, right, span: left.span };
}
