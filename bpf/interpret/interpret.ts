import { evaluateBinary } from "../check/constant-fold.ts";
import { kernelMacro, programMacro } from "../check/macros/macros.ts";
import { TCP_STATE_NAMES } from "../check/names/names.ts";
import type { ScalarOperator } from "../check/typed-expression.ts";
import type { BinaryExpression, CallExpression, Expression, MembershipExpression } from "../language/expression.ts";
import { formatAddress } from "../language/address.ts";
import { parseExpression, wholeText } from "../language/parse-expression.ts";
import { printExpression } from "../language/printer.ts";
import { isInNetwork, isSameAddress } from "./addresses.ts";
import { PURE_FUNCTIONS } from "./interpret-call.ts";
import { isMissing, isTrue, type Missing, numberOf, type Value } from "./value.ts";

/** The values of the names in an expression. */
export interface Event {
  /** values that the kernel would give, by expression as `normalText` spells it */
  readonly given: ReadonlyMap<string, Value>;
  /** names of `with` and `keep` */
  readonly names: ReadonlyMap<string, Expression>;
}

/**
 * Returns an expression in its one normal spelling, or undefined if the text is not an expression.
 */
export function normalText(text: string): string | undefined {
  const { result } = parseExpression(wholeText({ path: "", text }));
  return result && printExpression(result);
}

/**
 * Returns the value of an expression of a rule's kernel half for one event, without a kernel. Given
 * values are taken. What follows from them is computed as the language says (64 bits, division
 * towards 0, x / 0 is 0).
 */
export function interpret(expression: Expression, event: Event): Value | Missing {
  const text = printExpression(expression);
  const given = event.given.get(text);
  if (given !== undefined) return given;
  switch (expression.kind) {
    case "integer":
      return expression.value;
    case "duration":
      return expression.nanoseconds;
    case "size":
      return expression.bytes;
    case "string":
      return expression.value;
    case "network":
      return expression.prefixBits === 128 ? formatAddress(expression.address) : { missing: text };
    case "name":
      return interpretName(expression.name, event);
    case "unary":
      return interpretUnary(expression.operator, interpret(expression.operand, event));
    case "binary":
      return interpretBinary(expression, event);
    case "membership":
      return interpretMembership(expression, event);
    case "conditional":
      return choose(interpret(expression.test, event), expression.then, expression.otherwise, event);
    case "coalesce":
      return firstOf(expression.alternatives, event);
    case "call":
      return interpretCall(expression, event);
    default:
      return { missing: text };
  }
}

function interpretName(name: string, event: Event): Value | Missing {
  const bound = event.names.get(name);
  if (bound !== undefined) {
    // a name may stand for the same name elsewhere, never for itself
    const names = new Map([...event.names].filter(([other]) => other !== name));
    return interpret(bound, { ...event, names });
  }
  const macro = programMacro(name, INTERPRETED_HOST) ?? kernelMacro(name, INTERPRETED_HOST);
  return macro ?? TCP_STATES.get(name) ?? { missing: name };
}

/** The host that the events of tests come from. */
export const INTERPRETED_HOST = { architecture: "x86_64", pageBytes: 4096 } as const;

/**
 * Enumerators are read from a kernel. Those of TCP are the same in all kernels
 * (include/net/tcp_states.h).
 */
const TCP_STATES: ReadonlyMap<string, bigint> = new Map(
  [...TCP_STATE_NAMES].map(([number, name]) => [`TCP_${name}`, number]),
);

function interpretUnary(operator: string, operand: Value | Missing): Value | Missing {
  if (isMissing(operand)) return operand;
  if (operator === "not") return !isTrue(operand);
  const number = numberOf(operand) ?? 0n;
  return operator === "-" ? -number : ~number;
}

function choose(test: Value | Missing, then: Expression, otherwise: Expression, event: Event): Value | Missing {
  return isMissing(test) ? test : interpret(isTrue(test) ? then : otherwise, event);
}

function firstOf(alternatives: readonly Expression[], event: Event): Value | Missing {
  let last: Value | Missing = { missing: "" };
  for (const alternative of alternatives) {
    last = interpret(alternative, event);
    if (!isMissing(last)) return last;
  }
  return last;
}

function interpretBinary({ operator, left, right }: BinaryExpression, event: Event): Value | Missing {
  const first = interpret(left, event);
  if (isMissing(first)) return first;
  if (operator === "and" && !isTrue(first)) return false;
  if (operator === "or" && isTrue(first)) return true;
  const second = interpret(right, event);
  if (isMissing(second)) return second;
  if (operator === "and" || operator === "or") return isTrue(second);
  return operate(operator, first, second) ?? { missing: printExpression(typeof first === "string" ? left : right) };
}

/** Returns undefined if the operator does not take values of these kinds. */
function operate(operator: ScalarOperator, first: Value, second: Value): Value | undefined {
  if (operator === "==" && typeof first === "string") return isSameText(first, second);
  if (operator === "!=" && typeof first === "string") return !isSameText(first, second);
  const [a, b] = [numberOf(first), numberOf(second)];
  if (a === undefined || b === undefined) return undefined;
  const result = evaluateBinary(operator, true, a, b);
  return COMPARISONS.includes(operator) ? result === 1n : BigInt.asIntN(64, result);
}

const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

function interpretMembership({ element, set, negated }: MembershipExpression, event: Event): Value | Missing {
  const value = interpret(element, event);
  if (isMissing(value)) return value;
  const items = set.kind === "list" ? set.items : [set];
  for (const item of items) {
    const found = isWithin(value, item, event);
    if (typeof found !== "boolean") return found;
    if (found) return !negated;
  }
  return negated;
}

function isWithin(value: Value, item: Expression, event: Event): boolean | Missing {
  if (item.kind === "range") {
    const [low, high] = [interpret(item.low, event), interpret(item.high, event)];
    if (isMissing(low)) return low;
    if (isMissing(high)) return high;
    const [number, from, to] = [value, low, high].map(numberOf);
    return number !== undefined && from !== undefined && to !== undefined && number >= from && number <= to;
  }
  if (item.kind === "network") return typeof value === "string" && isInNetwork(value, item);
  const other = interpret(item, event);
  if (isMissing(other)) return other;
  return typeof value === "string" ? isSameText(value, other) : numberOf(value) === numberOf(other);
}

/** True if two texts are equal, or spell the same address. */
function isSameText(text: string, other: Value): boolean {
  return text === other || (typeof other === "string" && isSameAddress(text, other));
}

function interpretCall(call: CallExpression, event: Event): Value | Missing {
  const known = PURE_FUNCTIONS.get(call.callee);
  const text = printExpression(call);
  if (known === undefined) return { missing: text };
  const values: Value[] = [];
  for (const argument of call.arguments) {
    const value = interpret(argument, event);
    if (isMissing(value)) return { missing: call.callee === "str" || call.callee === "path" ? text : value.missing };
    values.push(value);
  }
  return known(values) ?? { missing: text };
}
