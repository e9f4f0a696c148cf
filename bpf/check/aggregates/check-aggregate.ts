import type { CallExpression, Expression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import type { AggregateFunction } from "../checked-program.ts";
import type { Reporter } from "../reporter.ts";
import { AGGREGATE_NAMES, AGGREGATE_USAGES, type AggregateRecord } from "./aggregate-functions.ts";

/** What is kept, and from which expressions; found once a rule, without a probe. */
export interface AggregateCall {
  readonly function: AggregateFunction;
  readonly value?: Expression;
  /** as many as the function's record says */
  readonly bounds: readonly Expression[];
  readonly weight?: Expression;
}

/** The call of an aggregate function that an `aggregate:` must be; undefined, reported, where it is none. */
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

/** What other tools call ours. */
const ALIASES: Readonly<Record<string, string>> = {
  hist: "histogram",
  lhist: "linear_histogram",
  mean: "avg",
  average: "avg",
  unique: "distinct",
  uniq: "distinct",
};

function helpForCall(called: string): string | undefined {
  const alias = Object.hasOwn(ALIASES, called) ? ALIASES[called] : undefined;
  return alias === undefined ? didYouMean(called, AGGREGATE_NAMES.keys()) : helpForName(alias);
}

/** `aggregate: count` */
function helpForName(name: string | undefined): string | undefined {
  const usage = name === undefined ? undefined : AGGREGATE_NAMES.get(name)?.usage;
  return usage && `write "${usage}"`;
}

/** `sum(x) / count()` */
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
    const total = name === "count" && found === 1 ? ', or "sum(x)" for a total' : "";
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
