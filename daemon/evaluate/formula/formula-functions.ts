import {
  AGGREGATE_NAMES,
  type AggregateFunction,
  aggregatesThat,
  isDistribution,
} from "../../../bpf/check/aggregate-functions.ts";
import type { CallExpression, Expression } from "../../../bpf/language/expression.ts";
import { didYouMean } from "../../../bpf/source/did-you-mean.ts";
import { aggregateGrowth, aggregateGrowthAhead } from "../window/aggregate-window.ts";
import { arithmetic, MINUS, type NumberFormula, number, type Unit } from "./formula.ts";
import { addHistory, fail, type FormulaContext } from "./formula-context.ts";
import { MEASURES, measureOf, QUANTILE_NAMES } from "./formula-measures.ts";
import { unitOf } from "./formula-name.ts";
import { type Growth, RISES } from "./growth.ts";
import { helpForOtherFunction } from "./other-functions.ts";

/** The functions whose values add up; for a histogram, the number of its values does. */
const TOTALS = aggregatesThat(({ addsUp }) => addsUp);
const DISTRIBUTIONS = aggregatesThat(({ name }) => isDistribution(name));

/** Compiles an argument. Returns undefined if it has an error, which is noted then. */
type CompileNumber = (expression: Expression) => NumberFormula | undefined;

interface FormulaFunction {
  readonly signature: string;
  readonly doc: string;
  readonly parameters: number;
  readonly compile: (
    context: FormulaContext,
    call: CallExpression,
    compileNumber: CompileNumber,
  ) => NumberFormula | undefined;
}

/** All functions of let and threshold; one record each. */
export const FORMULA_FUNCTIONS: Readonly<Record<string, FormulaFunction>> = {
  rate: {
    signature: "rate(x)",
    doc: "the total of a count or sum, or how many values a histogram has, divided by the window in seconds",
    parameters: 1,
    compile: (context, call) => {
      const found = aggregateArgument(context, call, TOTALS);
      if (found === undefined) return undefined;
      const { index, unit, growth, growthAhead } = found;
      const windowSeconds = context.windowMs / 1000;
      return number(
        unit,
        ({ isAhead }) => (isAhead === true ? growthAhead : growth),
        ({ aggregates }) => aggregates[index] && aggregates[index] / windowSeconds,
      );
    },
  },
  keys: {
    signature: "keys(x)",
    doc: "how many keys counted something of x in the window; those beyond the limit are not among them",
    parameters: 1,
    compile: (context, call) => {
      const found = aggregateArgument(context, call);
      if (found === undefined) return undefined;
      context.looksBeyondKey = true;
      return number(
        "plain",
        () => RISES,
        (scope) => scope.keyCounts[found.index],
      );
    },
  },
  total: {
    signature: "total(x)",
    doc: "a count or sum, or how many values a histogram has, over all keys",
    parameters: 1,
    compile: (context, call) => {
      const found = aggregateArgument(context, call, TOTALS);
      if (found === undefined) return undefined;
      const { index, unit, growth } = found;
      context.looksBeyondKey = true;
      return number(
        unit,
        () => growth,
        (scope) => scope.totals[index],
      );
    },
  },
  previous: {
    signature: "previous(x)",
    doc: "the value of x over the window just before this one",
    parameters: 1,
    compile: (context, call, compileNumber) => {
      const argument = compileArgument(call, compileNumber);
      return argument && addHistory(context, { recall: { kind: "previous" }, argument });
    },
  },
  delta: {
    signature: "delta(x)",
    doc: "the difference x - previous(x)",
    parameters: 1,
    compile: (context, call, compileNumber) => {
      const argument = compileArgument(call, compileNumber);
      if (argument === undefined) return undefined;
      const previous = addHistory(context, { recall: { kind: "previous" }, argument });
      return arithmetic(argument.unit, argument, previous, MINUS);
    },
  },
  mean: {
    signature: "mean(x, DURATION)",
    doc: "the mean of x over the earlier windows within the duration, at most 120 of them",
    parameters: 2,
    compile: (context, call, compileNumber) => statistic("mean", context, call, compileNumber),
  },
  stddev: {
    signature: "stddev(x, DURATION)",
    doc: "the standard deviation of x over the earlier windows within the duration, at most 120 of them",
    parameters: 2,
    compile: (context, call, compileNumber) => statistic("stddev", context, call, compileNumber),
  },
};

/** Compiles `callee(arguments)`. */
export function compileCall(
  context: FormulaContext,
  call: CallExpression,
  compileNumber: CompileNumber,
): NumberFormula | undefined {
  const measure = measureOf(context, call);
  if (measure !== undefined) return measure;
  const found = Object.hasOwn(FORMULA_FUNCTIONS, call.callee) ? FORMULA_FUNCTIONS[call.callee] : undefined;
  if (found === undefined)
    return Object.hasOwn(MEASURES, call.callee) ? notMeasured(context, call) : unknownFunction(context, call);
  if (call.arguments.length !== found.parameters) {
    const message = `expected ${counted(found.parameters)} to "${call.callee}", found ${call.arguments.length}`;
    return fail(context, "formula-argument", call.span, message, `write ${found.signature}`);
  }
  return found.compile(context, call, compileNumber);
}

function counted(parameters: number): string {
  return parameters === 1 ? "1 argument" : `${parameters} arguments`;
}

/** Reports `p99(x)` if x is not a histogram. */
function notMeasured(context: FormulaContext, call: CallExpression): undefined {
  const [argument] = call.arguments;
  const signature = MEASURES[call.callee]?.signature ?? call.callee;
  if (argument === undefined || call.arguments.length > 1) {
    const message = `expected ${counted(1)} to "${call.callee}", found ${call.arguments.length}`;
    return fail(context, "formula-argument", call.span, message, helpForCount(call) ?? `write ${signature}`);
  }
  aggregateArgument(context, call, DISTRIBUTIONS, 'quantiles need "aggregate: histogram(x)"');
  return undefined;
}

/**
 * Helps with functions that are aggregates: `count()` belongs in `aggregate`, `count(h)` asks a
 * histogram.
 */
function helpForCount({ callee }: CallExpression): string | undefined {
  const usage = AGGREGATE_NAMES.get(callee)?.usage;
  return usage && `write "aggregate: ${usage}", and the aggregate's name here`;
}

function unknownFunction(context: FormulaContext, call: CallExpression): undefined {
  const names = [...new Set([...Object.keys(FORMULA_FUNCTIONS), ...Object.keys(MEASURES)])];
  const help =
    helpForCount(call) ??
    helpForOtherFunction(call.callee) ??
    (/^p\d+$/.test(call.callee) ? `quantiles are ${QUANTILE_NAMES.join(", ")}` : undefined) ??
    didYouMean(call.callee, names) ??
    `functions of let and threshold: ${names.join(", ")}`;
  return fail(context, "formula-unknown-function", call.calleeSpan, `unknown function "${call.callee}"`, help);
}

function compileArgument(call: CallExpression, compileNumber: CompileNumber): NumberFormula | undefined {
  const [argument] = call.arguments;
  return argument && compileNumber(argument);
}

/** Helps with ranges of PromQL: `rate(value[5m])`. */
function helpForRange({ callee }: CallExpression, argument: Expression): string | undefined {
  if (argument.kind !== "index" || argument.index.kind !== "duration" || argument.object.kind !== "name")
    return undefined;
  return `write "${callee}(${argument.object.name})": over how long is the rule's "window"`;
}

/**
 * Returns the aggregate that the first argument names, if it is one of `functions` (of any, if not
 * given).
 */
function aggregateArgument(
  context: FormulaContext,
  call: CallExpression,
  functions?: readonly AggregateFunction[],
  otherwise?: string,
): { readonly index: number; readonly unit: Unit; readonly growth: Growth; readonly growthAhead: Growth } | undefined {
  const [argument] = call.arguments;
  if (argument === undefined) return undefined;
  const index = context.aggregates.findIndex((each) => argument.kind === "name" && each.name === argument.name);
  const aggregate = context.aggregates[index];
  if (aggregate !== undefined && functions?.includes(aggregate.function) !== false) {
    const growths = { growth: aggregateGrowth(aggregate), growthAhead: aggregateGrowthAhead(aggregate) };
    return { index, unit: unitOf(aggregate), ...growths };
  }
  const wanted = functions === undefined ? "the name of an aggregate" : `the name of a ${nounsOf(functions)}`;
  const found = aggregate === undefined ? "" : `, found that of "${aggregate.function}(...)"`;
  const message = `expected ${wanted} in "${call.callee}"${found}`;
  const candidates = context.aggregates.filter((each) => functions?.includes(each.function) !== false);
  const near =
    argument.kind === "name"
      ? didYouMean(
          argument.name,
          candidates.map(({ name }) => name),
        )
      : undefined;
  const names = candidates.map(({ name }) => `"${name}"`).join(", ");
  return fail(
    context,
    "formula-argument",
    argument.span,
    message,
    helpForRange(call, argument) ?? near ?? (names ? `write one of ${names}` : otherwise),
  );
}

/** Returns a list in words: `count, sum or histogram`. */
function nounsOf(functions: readonly AggregateFunction[]): string {
  const nouns = [...new Set(functions.map((name) => (isDistribution(name) ? "histogram" : name)))];
  const last = nouns.pop() ?? "";
  return nouns.length === 0 ? last : `${nouns.join(", ")} or ${last}`;
}

function statistic(
  kind: "mean" | "stddev",
  context: FormulaContext,
  call: CallExpression,
  compileNumber: CompileNumber,
): NumberFormula | undefined {
  const argument = compileArgument(call, compileNumber);
  const span = call.arguments[1];
  if (argument === undefined || span === undefined) return undefined;
  if (span.kind !== "duration") {
    return fail(context, "formula-argument", span.span, `expected a duration in "${kind}"`, `write ${kind}(x, 1h)`);
  }
  const recall = { kind, spanMs: Number(span.nanoseconds) / 1e6 };
  if (recall.spanMs >= context.windowMs) return addHistory(context, { recall, argument });
  const message = `expected a duration in "${kind}" of at least the window`;
  return fail(context, "formula-argument", span.span, message, "the duration counts back over earlier windows");
}
