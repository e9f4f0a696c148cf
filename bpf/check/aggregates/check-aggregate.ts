import type { CallExpression, Expression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import type { Reporter } from "../reporter.ts";
import {
  AGGREGATE_NAMES,
  AGGREGATE_USAGES,
  type AggregateFunction,
  type AggregateRecord,
} from "../aggregate-functions.ts";

/** The aggregate function and its expressions; the same for all probes of a rule. */
export interface AggregateCall {
  readonly function: AggregateFunction;
  readonly value?: Expression;
  /** as many as the function's record says */
  readonly bounds: readonly Expression[];
  readonly weight?: Expression;
}

/**
 * Returns the call of an aggregate function. If `aggregate:` is not one, it reports so and returns
 * undefined.
 */
export function aggregateCall(expression: Expression, reporter: Reporter): AggregateCall | undefined {
  const known = expression.kind === "call" ? AGGREGATE_NAMES.get(expression.callee) : undefined;
  if (expression.kind !== "call" || known === undefined) {
    return notAnAggregate(expression, reporter);
  }
  return withArguments(expression, known, reporter);
}

function notAnAggregate(expression: Expression, reporter: Reporter): undefined {
  const called = expression.kind === "call" ? expression.callee : undefined;
  const named = expression.kind === "name" ? expression.name : undefined;
  const found = (called ?? named) === undefined ? "an expression" : `"${called ?? named}"`;
  const help = (called && helpForCall(called)) ?? helpForName(named) ?? helpForParts(expression);
  const message = `expected an aggregate function, found ${found}`;
  reporter.error("not-an-aggregate", expression.span, message, help ?? `write one of ${AGGREGATE_USAGES.join(", ")}`);
  return undefined;
}

/** Names of other tools for the functions of this language. */
const ALIASES: Readonly<Record<string, string>> = {
  hist: "histogram",
  quantize: "histogram",
  lhist: "linear_histogram",
  lquantize: "linear_histogram",
  total: "sum",
  mean: "avg",
  maximum: "max",
  minimum: "min",
  average: "avg",
  unique: "distinct",
  uniq: "distinct",
  std: "stddev",
  stdev: "stddev",
  pstdev: "stddev",
  stddev_pop: "stddev",
  stddev_over_time: "stddev",
};

/** Aggregates of other tools, and how this language writes them. */
const OTHER_AGGREGATES: ReadonlyMap<string, string> = new Map([
  ["stats", 'write {n: "count()", mean: "avg(x)", total: "sum(x)"}'],
  ["rate", 'write "count()" or "sum(x)", and "rate(value)" in the threshold'],
  ["increase", 'write "count()" or "sum(x)": they count what comes within the window'],
  ["delta", 'write "last(x)", and "delta(value)" in the threshold'],
  ...["variance", "var", "stdvar"].map((name) => [name, 'write "stddev(x)", whose square it is'] as const),
  ...["p50", "p90", "p95", "p99", "p999", "quantile", "percentile", "median", "histogram_quantile"].map(
    (name) => [name, 'write "histogram(x)", and "p99(value)" in the threshold'] as const,
  ),
  ...["topk", "top"].map((name) => [name, 'write "count()" and "by: [KEY]": tables show the largest first'] as const),
]);

function helpForCall(called: string): string | undefined {
  const other = OTHER_AGGREGATES.get(called);
  if (other !== undefined) return other;
  const alias = Object.hasOwn(ALIASES, called) ? ALIASES[called] : undefined;
  return alias === undefined ? didYouMean(called, AGGREGATE_NAMES.keys()) : helpForName(alias);
}

/** Returns the help for `aggregate: count`. */
function helpForName(name: string | undefined): string | undefined {
  const usage = name === undefined ? undefined : AGGREGATE_NAMES.get(name)?.usage;
  return usage && `write "${usage}"`;
}

/** Returns the help for `sum(x) / count()`. */
function helpForParts(expression: Expression): string | undefined {
  const parts = expression.kind === "binary" ? [expression.left, expression.right] : [];
  const some = parts.some((part) => part.kind === "call" && AGGREGATE_NAMES.has(part.callee));
  return some
    ? 'give each aggregate a name, "aggregate: {a: sum(x), n: count()}", and compute with them in "let"'
    : undefined;
}

function withArguments(
  call: CallExpression,
  { name, takes, bounds, weighs, usage }: AggregateRecord,
  reporter: Reporter,
): AggregateCall | undefined {
  const least = (takes === "nothing" ? 0 : 1) + bounds;
  const most = least + (weighs ? 1 : 0);
  const found = call.arguments.length;
  if (found < least || found > most) {
    const expected = least === most ? String(least) : `${least} or ${most}`;
    const message = `expected ${expected} argument${most === 1 ? "" : "s"}, found ${found}`;
    const total = takes === "nothing" && found === 1 ? ', or "sum(x)" for a total' : "";
    reporter.error("bad-argument-count", call.span, message, `write "${usage}"${total}`);
    return undefined;
  }
  const [value] = call.arguments;
  const weight = call.arguments[least];
  return {
    function: name,
    ...(value === undefined ? {} : { value }),
    bounds: call.arguments.slice(1, 1 + bounds),
    ...(weight === undefined ? {} : { weight }),
  };
}
