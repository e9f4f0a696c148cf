import { PLAIN, type IntegerType } from "../term.ts";
import type { Meaning } from "../type.ts";
import type { ArithmeticOperator } from "../../language/expression.ts";

type Unit = "duration" | "timestamp" | "bytes" | "none";

function unitOf({ meaning }: IntegerType): Unit {
  return meaning.kind === "duration" || meaning.kind === "timestamp" || meaning.kind === "bytes"
    ? meaning.kind
    : "none";
}

/**
 * Returns the meaning of a result, or the message if these units cannot be combined. Sizes and
 * numbers can always be combined.
 */
export function resultMeaning(operator: ArithmeticOperator, left: IntegerType, right: IntegerType): Meaning | string {
  const [a, b] = [unitOf(left), unitOf(right)];
  if (!isTime(a) && !isTime(b)) return keepsBytes(operator, a, b) ? { kind: "bytes" } : PLAIN;
  const kind = RESULTS[`${a} ${operator} ${b}`] ?? RESULTS[`${a} ${operator} ${b === "bytes" ? "none" : b}`];
  if (kind !== undefined) return { kind };
  return `expected ${operator === "*" ? "a duration and a number" : "the same unit on both sides"} of "${operator}", found ${NOUNS[a]} and ${NOUNS[b]}`;
}

function isTime(unit: Unit): boolean {
  return unit === "duration" || unit === "timestamp";
}

const NOUNS: Readonly<Record<Unit, string>> = {
  duration: "a duration",
  timestamp: "a point in time",
  bytes: "a size",
  none: "a number",
};

const RESULTS: Readonly<Record<string, "duration" | "timestamp" | "plain">> = {
  "duration + duration": "duration",
  "duration - duration": "duration",
  "duration * none": "duration",
  "none * duration": "duration",
  "duration / none": "duration",
  "duration / duration": "plain",
  "duration % duration": "duration",
  "timestamp + duration": "timestamp",
  "duration + timestamp": "timestamp",
  "timestamp - duration": "timestamp",
  "timestamp - timestamp": "duration",
};

function keepsBytes(operator: ArithmeticOperator, left: Unit, right: Unit): boolean {
  if (left !== "bytes" && right !== "bytes") return false;
  if (operator === "/") return right !== "bytes";
  return operator === "+" || operator === "-" || operator === "*" || operator === "%";
}
