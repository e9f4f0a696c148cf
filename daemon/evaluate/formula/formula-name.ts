import { BUILTINS } from "../../../bpf/check/builtins/builtins.ts";
import { aggregateRecord, isDistribution } from "../../../bpf/check/aggregate-functions.ts";
import { UNSETTLED } from "../../../bpf/check/macros/unsettled.ts";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { NameExpression } from "../../../bpf/language/expression.ts";
import { didYouMean } from "../../../bpf/source/did-you-mean.ts";
import { aggregateGrowth, aggregateGrowthAhead } from "../window/aggregate-window.ts";
import { valueUnit } from "./formula-measures.ts";
import { number, type NumberFormula, type Unit } from "./formula.ts";
import { fail, type FormulaContext, knownNames, readCell } from "./formula-context.ts";
import { RISES } from "./growth.ts";

/**
 * Returns the unit of an aggregate's number. A count of durations is a plain number, and so is a
 * histogram's count of values.
 */
export function unitOf(aggregate: Aggregate): Unit {
  return aggregateRecord(aggregate.function).unit === "plain" ? "plain" : valueUnit(aggregate);
}

interface SurroundingName {
  readonly doc: string;
  readonly formula: NumberFormula;
}

/** Names that every rule has, unless it gives them to something of its own; one record each. */
export const SURROUNDING_NAMES: Readonly<Record<string, SurroundingName>> = {
  filled: {
    doc: "how much of the window has been watched, 0 to 1: less after a start and where there is a gap",
    formula: number(
      "plain",
      () => RISES,
      ({ filled }) => filled,
    ),
  },
};

/** Compiles the name of an aggregate or of a `let` before this place. */
export function compileName(context: FormulaContext, expression: NameExpression): NumberFormula | undefined {
  const { name } = expression;
  const index = context.aggregates.findIndex((aggregate) => aggregate.name === name);
  const aggregate = context.aggregates[index];
  if (aggregate !== undefined && isDistribution(aggregate.function)) return notANumber(context, expression);
  if (aggregate !== undefined) {
    const [growth, growthAhead] = [aggregateGrowth(aggregate), aggregateGrowthAhead(aggregate)];
    return number(
      unitOf(aggregate),
      ({ isAhead }) => (isAhead === true ? growthAhead : growth),
      (scope) => scope.aggregates[index],
    );
  }
  const cell = context.cells.findIndex((each) => each.name === name);
  const found = context.cells[cell];
  if (found !== undefined) return readCell(found, cell);
  if (context.brokenLets.has(name)) return undefined;
  if (context.letNames.includes(name)) return usedTooEarly(context, expression);
  const surrounding = Object.hasOwn(SURROUNDING_NAMES, name) ? SURROUNDING_NAMES[name] : undefined;
  if (surrounding === undefined) return unknownName(context, expression);
  context.looksBeyondKey = true;
  return surrounding.formula;
}

function notANumber(context: FormulaContext, { name, span }: NameExpression): undefined {
  const help = `write p99(${name}), mean(${name}) or count(${name})`;
  return fail(context, "formula-type", span, `expected a number, found the histogram "${name}"`, help);
}

function usedTooEarly(context: FormulaContext, { name, span }: NameExpression): undefined {
  const message = `let "${name}" is used before it is defined`;
  return fail(context, "formula-let-order", span, message, `define "${name}" above; a let cannot use itself`);
}

function listOf(names: readonly string[]): string {
  return names.map((each) => `"${each}"`).join(", ");
}

/** The units after which a rate such as `10/s` was meant. */
const RATE_UNITS: readonly string[] = ["s", "sec", "second", "min", "minute", "h", "hour"];

function unknownName(context: FormulaContext, { name, span }: NameExpression): undefined {
  if (BUILTINS.has(name)) {
    const help = `write it in "filter" or "by"; signals and lets are: ${listOf(knownNames(context))}`;
    return fail(context, "formula-unsupported", span, `"${name}" exists in the kernel only`, help);
  }
  const unsettled = UNSETTLED.get(name);
  if (unsettled !== undefined)
    return fail(context, "formula-unsupported", span, `"${name}" is not the same on all kernels`, unsettled);
  const known = knownNames(context);
  const [only, second] = context.aggregates;
  const isFunction = second === undefined && only?.function === name;
  const other = RATE_UNITS.includes(name)
    ? 'rates are per second: write "rate(value) > 10"'
    : isFunction
      ? `write the name of the aggregate: "${only.name}"`
      : undefined;
  const quantile = /^p\d+$/.test(name) ? `write ${name}(value); quantiles need aggregate: histogram(x)` : undefined;
  const help =
    other ??
    quantile ??
    didYouMean(name, [...known, ...Object.keys(SURROUNDING_NAMES)]) ??
    (known.length === 0 ? undefined : `known here: ${listOf(known)}`);
  return fail(context, "formula-unknown-name", span, `unknown name "${name}"`, help);
}
