import { isDistribution } from "../../bpf/check/aggregates/aggregate-functions.ts";
import type { Aggregate } from "../../bpf/check/checked-program.ts";
import type { CallExpression } from "../../bpf/language/expression.ts";
import { type DistributionWindow, meanOf, quantileOf } from "./distribution-window.ts";
import { number, type NumberFormula, type Unit } from "./formula.ts";
import type { FormulaContext } from "./formula-context.ts";

/** A number that a histogram has. */
interface Measure {
  readonly signature: string;
  readonly doc: string;
  /** in the unit of the values, or how many there are */
  readonly isCount?: true;
  readonly of: (distribution: DistributionWindow) => number | undefined;
}

/** The quantiles that there are, as parts of all values. */
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;

export const QUANTILE_NAMES: readonly string[] = Object.keys(QUANTILES);

/** All functions of a histogram; one record each. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  ...Object.fromEntries(
    Object.entries(QUANTILES).map(([name, part]): [string, Measure] => {
      const doc = `what ${String(100 * part)} % of the values of a histogram are not above`;
      return [name, { signature: `${name}(h)`, doc, of: (distribution) => quantileOf(distribution, part) }];
    }),
  ),
  mean: { signature: "mean(h)", doc: "the mean of a histogram's values, as exact as its buckets", of: meanOf },
  count: {
    signature: "count(h)",
    doc: "how many values a histogram has",
    isCount: true,
    of: ({ count }) => count,
  },
};

/** The unit of a histogram's values. */
export const valueUnit = ({ meaning }: Aggregate): Unit => (meaning.kind === "duration" ? "duration" : "plain");

/** `p99(h)` and the like, of a name that is a histogram; undefined for any other call. */
export function measureOf(context: FormulaContext, call: CallExpression): NumberFormula | undefined {
  const [argument, ...others] = call.arguments;
  const measure = Object.hasOwn(MEASURES, call.callee) ? MEASURES[call.callee] : undefined;
  if (measure === undefined || argument?.kind !== "name" || others.length > 0) return undefined;
  const index = context.aggregates.findIndex((each) => each.name === argument.name);
  const aggregate = context.aggregates[index];
  if (aggregate === undefined || !isDistribution(aggregate.function)) return undefined;
  if (measure.isCount) return number("plain", ({ aggregates }) => aggregates[index]);
  return number(valueUnit(aggregate), ({ distributions }) => {
    const distribution = distributions[index];
    return distribution && measure.of(distribution);
  });
}
