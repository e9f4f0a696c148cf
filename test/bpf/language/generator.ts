import type { BinaryOperator, Expression, UnaryOperator } from "../../../bpf/language/expression.ts";
import { BINARY_PRECEDENCE } from "../../../bpf/language/precedence.ts";
import type { Source } from "../../../bpf/source/source.ts";

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NOWHERE: Source = { path: "generated", text: "" };
const span = { source: NOWHERE, start: 0, end: 0 };
const NAMES = ["a", "bee", "args", "_x1", "fe80", "face", "notin", "e", "d0", "inside"];
const BINARY = Object.keys(BINARY_PRECEDENCE) as BinaryOperator[];
const UNARY: readonly UnaryOperator[] = ["not", "-", "~"];
const STRINGS = [
  "",
  "plain",
  'quo"te',
  "it's",
  "back\\slash",
  "line\nbreak\ttab",
  "\u001b[31m",
  "é 漢 😀",
  "\u202e",
  "\x7f\0",
];

/** Random expressions of every kind, also of such shapes as only parentheses can say. */
export function expressionGenerator(random: () => number): (levels: number) => Expression {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const bits = (): bigint => BigInt.asUintN(1 + below(64), (BigInt(below(2 ** 32)) << 32n) | BigInt(below(2 ** 32)));
  const double = (): number => pick([0, 0.5, 1, 0.1, 12.75, 1e21, 1.5e-9, random(), random() * 1000]);

  function network(): Expression {
    const mapped = random() < 0.5;
    const prefixBits = mapped ? 96 + below(33) : below(129);
    const raw = Uint8Array.from({ length: 16 }, () => pick([0, 0, 255, below(256)]));
    if (mapped) raw.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
    const address = raw.map((byte, i) => byte & (0xff00 >> Math.max(0, Math.min(8, prefixBits - i * 8))));
    return { kind: "network", address, prefixBits, span };
  }

  const leaves: readonly (() => Expression)[] = [
    () => ({ kind: "integer", value: bits(), span }),
    () => ({ kind: "decimal", value: double(), span }),
    () => ({ kind: "duration", nanoseconds: bits(), span }),
    () => ({ kind: "size", bytes: bits(), span }),
    () => ({ kind: "percentage", value: double(), span }),
    () => ({ kind: "string", value: pick(STRINGS), span }),
    () => ({ kind: "name", name: pick(NAMES), span }),
    network,
  ];

  function generate(levels: number): Expression {
    if (levels === 0 || random() < 0.1) return pick(leaves)();
    const next = (): Expression => generate(levels - 1);
    const several = (): Expression[] => Array.from({ length: below(4) }, next);
    const item = (): Expression => (random() < 0.3 ? { kind: "range", low: next(), high: next(), span } : next());
    const inner: readonly (() => Expression)[] = [
      () => ({ kind: "binary", operator: pick(BINARY), left: next(), right: next(), span }),
      () => ({ kind: "binary", operator: pick(BINARY), left: next(), right: next(), span }),
      () => ({ kind: "unary", operator: pick(UNARY), operand: next(), span }),
      () => ({ kind: "member", object: next(), field: pick(["err", "in", "not", "x_1"]), fieldSpan: span, span }),
      () => ({ kind: "index", object: next(), index: next(), span }),
      () => ({ kind: "call", callee: pick(NAMES), calleeSpan: span, arguments: several(), span }),
      () => ({ kind: "list", items: Array.from({ length: below(4) }, item), span }),
      () => ({ kind: "membership", negated: random() < 0.5, element: next(), set: item(), span }),
      () => ({ kind: "conditional", test: next(), then: next(), otherwise: next(), span }),
      () => ({ kind: "coalesce", alternatives: [next(), next(), ...several()], span }),
    ];
    return pick(inner)();
  }
  return generate;
}

/** The expression without its spans, comparable by deepEqual. */
export function withoutSpans(expression: Expression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value: unknown) => {
      if (key === "span" || key === "fieldSpan" || key === "calleeSpan") return undefined;
      if (typeof value === "bigint") return `${value}n`;
      return value instanceof Uint8Array ? [...value] : value;
    }),
  );
}
