import type { CallExpression, Expression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import type { Aggregate, AggregateFunction } from "../checked-program.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { integerOperand } from "../operands.ts";
import type { Reporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import { PLAIN, S64 } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { AGGREGATE_NAMES } from "./aggregate-functions.ts";

/** What is kept, and from which expression; found once a rule, without a probe. */
export interface AggregateCall {
  readonly function: AggregateFunction;
  readonly value?: Expression;
}

/** How those are written that this version can compile. */
const USAGES = [...AGGREGATE_NAMES.values()].flatMap(({ kept, usage }) => (kept === undefined ? [] : usage)).join(", ");

/** The call of an aggregate function that an `aggregate:` must be; undefined, reported, where it is none. */
export function aggregateCall(expression: Expression, reporter: Reporter): AggregateCall | undefined {
  const known = expression.kind === "call" ? AGGREGATE_NAMES.get(expression.callee) : undefined;
  if (expression.kind !== "call" || known === undefined) {
    return notAnAggregate(expression, reporter);
  }
  if (known.kept === undefined) {
    reporter.error(
      "not-supported-yet",
      expression.calleeSpan,
      `aggregate function "${known.name}" is not supported yet`,
      `write one of ${USAGES}`,
    );
    return undefined;
  }
  return withArguments(expression, known.kept, known.usage, reporter);
}

function notAnAggregate(expression: Expression, reporter: Reporter): undefined {
  const called = expression.kind === "call" ? expression.callee : undefined;
  const named = expression.kind === "name" ? expression.name : undefined;
  const found = (called ?? named) === undefined ? "an expression" : `"${called ?? named}"`;
  const help = (called && didYouMean(called, AGGREGATE_NAMES.keys())) ?? helpForName(named) ?? helpForParts(expression);
  const message = `expected an aggregate function, found ${found}`;
  reporter.error("not-an-aggregate", expression.span, message, help ?? `write one of ${USAGES}`);
  return undefined;
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
  kept: { readonly function: AggregateFunction; readonly takesValue: boolean },
  usage: string,
  reporter: Reporter,
): AggregateCall | undefined {
  const expected = kept.takesValue ? 1 : 0;
  const found = call.arguments.length;
  if (found !== expected) {
    const message = `expected ${expected} argument${expected === 1 ? "" : "s"}, found ${found}`;
    reporter.error("bad-argument-count", call.span, message, `write "${usage}"`);
    return undefined;
  }
  const value = call.arguments[0];
  return { function: kept.function, ...(value === undefined ? {} : { value }) };
}

/** What one program adds to an aggregate. */
export interface AggregateValue {
  readonly scalar?: Scalar;
  readonly type: Pick<Aggregate, "signed" | "meaning">;
}

/** A count is plain; what is computed of values means what they mean, and shows no names of single values. */
export function aggregateValue(call: AggregateCall, scope: Scope): AggregateValue | undefined {
  if (call.value === undefined) return { type: { signed: false, meaning: PLAIN } };
  const operand = integerOperand(checkExpression(call.value, scope), call.value, scope);
  if (operand === undefined) return undefined;
  const { meaning, signed } = operand.literal ? S64 : operand.type;
  const unit = ["duration", "timestamp", "bytes"].includes(meaning.kind) ? meaning : PLAIN;
  return { scalar: operand.scalar, type: { signed, meaning: unit } };
}
