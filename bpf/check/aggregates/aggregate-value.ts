import type { Expression } from "../../language/expression.ts";
import type { NamedExpression, Spelled } from "../../language/program-syntax.ts";
import type { Aggregate, AggregateUpdate } from "../checked-program.ts";
import { columnValue } from "../columns.ts";
import { constant } from "../constant-fold.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { KEY_STRING_BYTES } from "../limits.ts";
import { integerOperand, type IntegerOperand } from "../operands.ts";
import type { Scope } from "../scope.ts";
import { PLAIN, S64 } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import type { AggregateCall } from "./check-aggregate.ts";
import { AGGREGATE_NAMES } from "../aggregate-functions.ts";
import { linearSteps } from "./linear-steps.ts";

/** The value that one program adds to an aggregate. */
export interface AggregateValue {
  readonly update: Omit<AggregateUpdate, "aggregate">;
  readonly type: Pick<Aggregate, "signed" | "meaning" | "steps">;
}

/**
 * Returns the value to add. A count is plain. Other results have the meaning of the values, without
 * the names of single values.
 */
export function aggregateValue(call: AggregateCall, name: Spelled, scope: Scope): AggregateValue | undefined {
  const { value } = call;
  if (value === undefined) return { update: {}, type: { signed: false, meaning: PLAIN } };
  if (AGGREGATE_NAMES.get(call.function)?.takes === "anything") return anyValue({ name, expression: value }, scope);
  const operand = integerOperand(checkExpression(value, scope), value, scope);
  const weight = call.weight && weightOf(call.weight, scope);
  if (operand === undefined || (call.weight !== undefined && weight === undefined)) return undefined;
  const { meaning, signed } = operand.literal ? S64 : operand.type;
  const steps = call.bounds.length === 0 ? undefined : linearSteps(call.bounds, operand, scope);
  if (call.bounds.length > 0 && steps === undefined) return undefined;
  const unit = ["duration", "timestamp", "bytes"].includes(meaning.kind) ? meaning : PLAIN;
  return { update: update(operand, weight), type: { signed, meaning: unit, ...(steps && { steps }) } };
}

function update({ scalar }: IntegerOperand, weight: Scalar | undefined): AggregateValue["update"] {
  return weight === undefined ? { value: scalar } : { value: scalar, weight };
}

/** Returns the bytes of any value that could be in a key. */
function anyValue(named: NamedExpression, scope: Scope): AggregateValue | undefined {
  const found = columnValue(named, KEY_STRING_BYTES, scope);
  if (found === undefined) return undefined;
  const { value } = found;
  const part = "bytes" in value ? { bytes: value.bytes } : { value: value.scalar };
  return { update: part, type: { signed: false, meaning: PLAIN } };
}

/** Returns a weight. A negative weight counts as 0, since counts do not shrink. */
function weightOf(expression: Expression, scope: Scope): Scalar | undefined {
  const operand = integerOperand(checkExpression(expression, scope), expression, scope);
  if (operand === undefined) return undefined;
  const scalar = scope.share(operand.scalar, expression.span);
  if (!operand.type.signed) return scalar;
  const none = constant(0n);
  const positive: Scalar = { op: "binary", operator: ">", signed: true, left: scalar, right: none };
  return scope.share({ op: "conditional", test: positive, then: scalar, otherwise: none }, expression.span);
}
