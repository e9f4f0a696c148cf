import { common, either, has, rangesOf, type Ranges } from "./ranges.ts";
import type { Scalar, ScalarOperator } from "./typed-expression.ts";

/**
 * The facts that follow from a condition, by the `keyOf` of the value that each is about. Undefined
 * stands for a condition that cannot be true.
 */
export type Facts = ReadonlyMap<string, Fact>;

/** The numbers that a value can have, or the literals that a text must begin with. */
type Fact =
  | { readonly kind: "number"; readonly ranges: Ranges }
  | { readonly kind: "text"; readonly literals: readonly Literal[] };

interface Literal {
  readonly bytes: Uint8Array;
  readonly mask?: Uint8Array;
}

/** Returns the value that an earlier step bound to a variable. */
export type Definition = (variable: number) => Scalar | undefined;

const NOTHING: Facts = new Map();

/** A condition of more parts is not examined: a list of thousands, at hundreds of probes. */
const MOST_PARTS = 500;

/** True if a condition has too many parts to be examined, those of its variables included. */
export function isLarge(condition: Scalar, definition: Definition): boolean {
  const waiting: unknown[] = [condition];
  for (let parts = 0; waiting.length > 0; parts++) {
    if (parts > MOST_PARTS) return true;
    const part = waiting.pop();
    if (typeof part !== "object" || part === null || part instanceof Uint8Array) continue;
    if ("variable" in part && typeof part.variable === "number") waiting.push(definition(part.variable));
    else for (const inner of Object.values(part) as readonly unknown[]) waiting.push(inner);
  }
  return false;
}

/**
 * Returns the facts that follow if a condition is true, or if it is false.
 * @param truth true for the facts of a true condition
 */
export function factsOf(condition: Scalar, truth: boolean, definition: Definition): Facts | undefined {
  switch (condition.op) {
    case "constant":
      return (condition.value !== 0n) === truth ? NOTHING : undefined;
    case "variable": {
      const value = definition(condition.variable);
      return value === undefined ? NOTHING : factsOf(value, truth, definition);
    }
    case "not":
      return factsOf(condition.operand, !truth, definition);
    case "and":
    case "or": {
      const left = factsOf(condition.left, truth, definition);
      const right = factsOf(condition.right, truth, definition);
      return (condition.op === "and") === truth ? bothHold(left, right) : oneHolds(left, right);
    }
    case "binary":
      return compared(condition, truth, definition);
    case "bytes-equal": {
      const { left, right, mask } = condition;
      // The NUL at the end of a text that fills its room may stand where the text was cut.
      const known = right.length === left.bytes ? right.length - 1 : right.length;
      const literal = { bytes: right.subarray(0, known), ...(mask && { mask: mask.subarray(0, known) }) };
      const key = keyOf({ ...left, bytes: 0 }, definition);
      return truth ? new Map([[key, { kind: "text", literals: [literal] }]]) : NOTHING;
    }
    default:
      return NOTHING;
  }
}

/**
 * Returns the facts of two conditions that both hold, or undefined if they contradict each other.
 */
export function bothHold(a: Facts | undefined, b: Facts | undefined): Facts | undefined {
  if (a === undefined || b === undefined) return undefined;
  const known = new Map(a);
  for (const [key, fact] of b) {
    const joined = join(known.get(key) ?? fact, fact);
    if (joined === undefined) return undefined;
    known.set(key, joined);
  }
  return known;
}

/** Returns the keys of the values whose facts contradict each other. */
export function contradicting(a: Facts, b: Facts): readonly string[] {
  return [...b].flatMap(([key, fact]) => (join(a.get(key) ?? fact, fact) === undefined ? [key] : []));
}

function join(a: Fact, b: Fact): Fact | undefined {
  if (a.kind === "text" && b.kind === "text") {
    const agree = a.literals.every((one) => b.literals.every((other) => canAgree(one, other)));
    return agree ? { kind: "text", literals: [...a.literals, ...b.literals] } : undefined;
  }
  if (a.kind !== "number" || b.kind !== "number") return a;
  const ranges = common(a.ranges, b.ranges);
  return ranges.length === 0 ? undefined : { kind: "number", ranges };
}

function canAgree(a: Literal, b: Literal): boolean {
  const bits = ({ mask }: Literal, index: number): number => mask?.[index] ?? (mask === undefined ? 0xff : 0);
  const shared = a.bytes.subarray(0, b.bytes.length);
  return shared.every((byte, at) => ((byte ^ (b.bytes[at] ?? 0)) & bits(a, at) & bits(b, at)) === 0);
}

function oneHolds(a: Facts | undefined, b: Facts | undefined): Facts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const known = new Map<string, Fact>();
  for (const [key, fact] of a) {
    const other = b.get(key);
    if (fact.kind === "number" && other?.kind === "number")
      known.set(key, { kind: "number", ranges: either(fact.ranges, other.ranges) });
  }
  return known;
}

const MIRRORED: Partial<Record<ScalarOperator, ScalarOperator>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
const OPPOSITE: Partial<Record<ScalarOperator, ScalarOperator>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

type Comparison = Extract<Scalar, { op: "binary" }>;

function compared({ operator, signed, left, right }: Comparison, truth: boolean, definition: Definition) {
  const [value, other] = right.op === "constant" ? [left, right] : [right, left];
  if (other.op !== "constant") return NOTHING;
  const turned = right.op === "constant" ? operator : (MIRRORED[operator] ?? operator);
  const meant = truth ? turned : OPPOSITE[turned];
  if (meant === undefined) return NOTHING;
  const signs = meant === "==" || meant === "!=" ? [true, false] : [signed];
  return signs.reduce<Facts | undefined>((facts, sign) => {
    const number = sign ? BigInt.asIntN(64, other.value) : BigInt.asUintN(64, other.value);
    const ranges = rangesOf(meant, sign, number);
    return ranges === undefined ? facts : bothHold(facts, ofNumber(value, sign, ranges, definition));
  }, NOTHING);
}

/**
 * Returns the facts that follow from the numbers that a value can have: about the value itself, and
 * about the condition that chose it.
 */
function ofNumber(value: Scalar, signed: boolean, ranges: Ranges, definition: Definition): Facts | undefined {
  const own: Facts = new Map([
    [`${signed ? "s" : "u"} ${keyOf(value, definition)}`, { kind: "number", ranges } as const],
  ]);
  const meant = unwrapped(value, definition);
  if (meant.op !== "conditional") return own;
  const { test, then, otherwise } = meant;
  const isOut = (part: Scalar): boolean =>
    part.op === "constant" && !has(ranges, signed ? part.value : BigInt.asUintN(64, part.value));
  const tested = isOut(otherwise)
    ? factsOf(test, true, definition)
    : isOut(then)
      ? factsOf(test, false, definition)
      : own;
  return bothHold(own, tested);
}

/**
 * Returns a text that is the same for equal values. It does not depend on the numbers of variables
 * or on how memory is read.
 */
function keyOf(value: unknown, definition: Definition): string {
  return JSON.stringify(value, (name, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (name === "how" && part === "direct") return "kernel";
    return typeof part === "object" && part !== null && "op" in part ? unwrapped(part as Scalar, definition) : part;
  });
}

function unwrapped(value: Scalar, definition: Definition): Scalar {
  if (value.op === "number") return unwrapped(value.operand, definition);
  const bound = value.op === "variable" ? definition(value.variable) : undefined;
  return bound === undefined ? value : unwrapped(bound, definition);
}
