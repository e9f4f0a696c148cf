import { formatNetwork } from "./address.ts";
import type { Expression } from "./expression.ts";
import { DURATION_UNITS, SIZE_UNITS } from "./number.ts";
import { BINARY_PRECEDENCE, PRECEDENCE } from "./precedence.ts";
import type { Precedence } from "./precedence.ts";
import { quoteString } from "./string.ts";

/**
 * Prints an expression with the fewest parentheses. Parsing the text gives the same expression with
 * other spans.
 */
export function printExpression(expression: Expression): string {
  return print(expression, PRECEDENCE.conditional);
}

/** Prints an expression for a place that takes operators of precedence `least` and tighter. */
function print(expression: Expression, least: Precedence): string {
  const text = printBare(expression);
  return precedenceOf(expression) < least ? `(${text})` : text;
}

function precedenceOf(expression: Expression): Precedence {
  switch (expression.kind) {
    case "conditional":
      return PRECEDENCE.conditional;
    case "binary":
      return BINARY_PRECEDENCE[expression.operator];
    case "membership":
      return PRECEDENCE.comparison;
    case "unary":
      return expression.operator === "not" ? PRECEDENCE.not : PRECEDENCE.unary;
    case "coalesce":
      return PRECEDENCE.coalesce;
    default:
      return PRECEDENCE.postfix;
  }
}

function printBare(expression: Expression): string {
  switch (expression.kind) {
    case "integer":
      return String(expression.value);
    case "decimal":
      return plainDecimal(expression.value, 0).replace(/^[0-9]+$/, "$&.0");
    case "duration":
      return withUnit(expression.nanoseconds, DURATION_UNITS);
    case "size":
      return withUnit(expression.bytes, SIZE_UNITS);
    case "percentage":
      return `${plainDecimal(expression.value, 2)}%`;
    case "string":
      return quoteString(expression.value);
    case "network":
      return formatNetwork(expression.address, expression.prefixBits);
    case "list":
      return `[${commaSeparated(expression.items)}]`;
    case "range":
      return `${print(expression.low, PRECEDENCE.bitOr)}..${print(expression.high, PRECEDENCE.bitOr)}`;
    case "name":
      return expression.name;
    case "member":
      return `${printObject(expression.object)}.${expression.field}`;
    case "index":
      return `${printObject(expression.object)}[${printExpression(expression.index)}]`;
    case "call":
      return `${expression.callee}(${commaSeparated(expression.arguments)})`;
    case "unary":
      return printUnary(expression);
    case "binary":
      return printBinary(expression);
    case "membership":
      return printMembership(expression);
    case "conditional":
      return printConditional(expression);
    case "coalesce":
      return expression.alternatives.map((alternative) => print(alternative, PRECEDENCE.unary)).join(" ?? ");
  }
}

type Kind<Name extends Expression["kind"]> = Extract<Expression, { readonly kind: Name }>;

function commaSeparated(items: readonly Expression[]): string {
  return items.map(printExpression).join(", ");
}

/** A number directly before a dot or bracket would be read with it: it gets parentheses. */
function printObject(object: Expression): string {
  const isPath = ["name", "member", "index", "call", "list", "string"].includes(object.kind);
  return isPath ? printBare(object) : `(${printBare(object)})`;
}

function printUnary({ operator, operand }: Kind<"unary">): string {
  return operator === "not" ? `not ${print(operand, PRECEDENCE.not)}` : operator + print(operand, PRECEDENCE.unary);
}

/**
 * Operators group to the left. Comparisons do not chain, so both sides of one must bind more
 * tightly.
 */
function printBinary({ operator, left, right }: Kind<"binary">): string {
  const precedence = BINARY_PRECEDENCE[operator];
  const tighter = (precedence + 1) as Precedence;
  const leftLeast = precedence === PRECEDENCE.comparison ? tighter : precedence;
  return `${print(left, leftLeast)} ${operator} ${print(right, tighter)}`;
}

function printMembership({ negated, element, set }: Kind<"membership">): string {
  return `${print(element, PRECEDENCE.bitOr)} ${negated ? "not in" : "in"} ${print(set, PRECEDENCE.bitOr)}`;
}

function printConditional({ test, then, otherwise }: Kind<"conditional">): string {
  return `${print(test, PRECEDENCE.or)} ? ${printExpression(then)} : ${printExpression(otherwise)}`;
}

/** Returns a value with the largest unit that needs no fraction. */
function withUnit(value: bigint, units: ReadonlyMap<string, bigint>): string {
  const whole = [...units].filter(([, factor]) => value % factor === 0n);
  const [unit, factor] = whole.reduce((best, next) => (value !== 0n && next[1] > best[1] ? next : best), ["", 1n]);
  return `${value / factor}${unit === "" ? units.keys().next().value : unit}`;
}

/**
 * Prints a double times 10^shift in digits without an exponent. It moves the point instead of
 * multiplying, so that no digit changes.
 */
function plainDecimal(value: number, shift: number): string {
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const point = Number(exponent) + shift + 1;
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits.padEnd(point, "0").replace(/^0+(?=.)/, "");
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
