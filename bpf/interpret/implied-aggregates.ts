import { AGGREGATE_NAMES } from "../check/aggregate-functions.ts";
import type { Aggregate, LinearSteps } from "../check/checked-program.ts";
import { PLAIN } from "../check/term.ts";
import type { Meaning } from "../check/type.ts";
import { childrenOf } from "../language/children.ts";
import type { Expression } from "../language/expression.ts";
import type { NamedExpression, ProbeSyntax, ProgramSyntax, SignalSyntax } from "../language/program-syntax.ts";
import { impliedMeaning } from "./implied-meaning.ts";
import { literalValue } from "./literal-value.ts";

/**
 * Returns the aggregates of a rule as far as the language itself implies them, without a kernel
 * that gives types: `elapsed` is a duration, an argument is a number. A sum is unsigned if its
 * expression cannot be negative, as far as that can be seen. All others are signed, which fits any
 * value.
 */
export function impliedAggregates({ signals }: ProgramSyntax): readonly Aggregate[] {
  return signals.flatMap((signal) => {
    const names = namesOf(signal);
    return signal.aggregates.map((aggregate) => impliedAggregate(signal, aggregate, names));
  });
}

function impliedAggregate(
  signal: SignalSyntax,
  { name, expression }: NamedExpression,
  names: ReadonlyMap<string, Expression>,
): Aggregate {
  const given = expression.kind === "call" ? expression.arguments : [];
  const known = expression.kind === "call" ? AGGREGATE_NAMES.get(expression.callee) : undefined;
  const steps = known?.bounds === 3 ? linearSteps(given.slice(1, 4)) : undefined;
  const [value] = given;
  return {
    name: name.text,
    signal: signal.name.text,
    function: known?.name ?? "sum",
    signed: known?.addsValues !== true || value === undefined || takesAway(value),
    meaning: value === undefined || known?.takes !== "integer" ? PLAIN : unitOf(impliedMeaning(value, names)),
    ...(steps !== undefined && { steps }),
    span: expression.span,
  };
}

/** True if an expression subtracts something, which may make it negative. */
function takesAway(expression: Expression): boolean {
  const isNegative = (expression.kind === "unary" || expression.kind === "binary") && expression.operator === "-";
  return isNegative || childrenOf(expression).some(takesAway);
}

/**
 * Returns the unit of an aggregate. It keeps the unit of its values, and does not show the names of
 * single values.
 */
function unitOf(meaning: Meaning): Meaning {
  return ["duration", "timestamp", "bytes"].includes(meaning.kind) ? meaning : PLAIN;
}

function linearSteps(bounds: readonly Expression[]): LinearSteps | undefined {
  const [low, high, step] = bounds.map(literalValue);
  const isWhole = low !== undefined && high !== undefined && step !== undefined && step > 0n && high > low;
  return isWhole ? { low, high, step } : undefined;
}

/**
 * Returns the expressions that the names of a signal stand for. When several probes give a name,
 * the last one counts.
 */
export function namesOf({ probe, during, with: own }: SignalSyntax): ReadonlyMap<string, Expression> {
  const given = [...namesOfProbe(probe), ...(during === undefined ? [] : namesOfProbe(during)), ...own];
  return new Map(given.map(({ name, expression }) => [name.text, expression]));
}

function namesOfProbe(probe: ProbeSyntax): readonly NamedExpression[] {
  switch (probe.kind) {
    case "point":
      return probe.with;
    case "alternatives":
      return probe.options.flatMap(namesOfProbe);
    case "any":
      return [...probe.probes.flatMap(namesOfProbe), ...probe.with];
    case "span":
      return [...namesOfProbe(probe.from), ...namesOfProbe(probe.to), ...probe.with, ...probe.keep];
  }
}
