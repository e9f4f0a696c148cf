import { isDistribution } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { CallExpression } from "../../../bpf/language/expression.ts";
import type { Beyond } from "./bound-text.ts";
import {
  type DistributionWindow,
  meanBeyond,
  meanOf,
  quantileBeyond,
  quantileOf,
} from "../window/distribution-window.ts";
import { aggregateGrowth } from "../window/aggregate-window.ts";
import { number, type NumberFormula, type Scope, type Unit } from "./formula.ts";
import type { FormulaContext } from "./formula-context.ts";
import { ahead, SEEN } from "./growth.ts";

/** A number that can be read off a histogram. */
interface Measure {
  readonly signature: string;
  readonly doc: string;
  /** true if it is the number of values; others are in the unit of the values */
  readonly isCount?: true;
  readonly of: (distribution: DistributionWindow) => number | undefined;
  /** the direction in which the number is only a bound; undefined if it is not */
  readonly beyond?: (distribution: DistributionWindow) => Beyond | undefined;
}

/** The quantiles that formulas can use, as parts of all values. */
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;

export const QUANTILE_NAMES: readonly string[] = Object.keys(QUANTILES);

/** All functions of a histogram; one record each. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  ...Object.fromEntries(
    Object.entries(QUANTILES).map(([name, part]): [string, Measure] => {
      const doc = `the quantile of a histogram that ${String(100 * part)} % of its values are not above`;
      const of: Measure["of"] = (distribution) => quantileOf(distribution, part);
      const beyond: Measure["beyond"] = (distribution) => quantileBeyond(distribution, part);
      return [name, { signature: `${name}(h)`, doc, of, beyond }];
    }),
  ),
  mean: {
    signature: "mean(h)",
    doc: "the mean of a histogram's values, as exact as its buckets",
    of: meanOf,
    beyond: meanBeyond,
  },
  count: {
    signature: "count(h)",
    doc: "how many values a histogram has",
    isCount: true,
    of: ({ count }) => count,
  },
};

/** The unit of a histogram's values. */
export const valueUnit = ({ meaning }: Aggregate): Unit => (meaning.kind === "duration" ? "duration" : "plain");

/** Compiles `p99(h)` and the like if h is a histogram. Returns undefined for any other call. */
export function measureOf(context: FormulaContext, call: CallExpression): NumberFormula | undefined {
  const [argument, ...others] = call.arguments;
  const measure = Object.hasOwn(MEASURES, call.callee) ? MEASURES[call.callee] : undefined;
  if (measure === undefined || argument?.kind !== "name" || others.length > 0) return undefined;
  const index = context.aggregates.findIndex((each) => each.name === argument.name);
  const aggregate = context.aggregates[index];
  if (aggregate === undefined || !isDistribution(aggregate.function)) return undefined;
  const growth = measure.isCount ? aggregateGrowth(aggregate) : SEEN;
  if (measure.isCount)
    return number(
      "plain",
      ({ isAhead }) => (isAhead === true ? ahead("open") : growth),
      ({ aggregates }) => aggregates[index],
    );
  const measured = number(
    valueUnit(aggregate),
    ({ isAhead }) => (isAhead === true ? ahead("open") : growth),
    ({ distributions }) => {
      const distribution = distributions[index];
      return distribution && measure.of(distribution);
    },
  );
  const beyond = ({ distributions }: Scope): Beyond | undefined => {
    const distribution = distributions[index];
    return distribution && measure.beyond?.(distribution);
  };
  return { ...measured, beyond };
}
