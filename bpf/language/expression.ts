import type { Span } from "../source/source.ts";

/**
 * The abstract syntax of one expression. Spans are offsets into the whole file, not into the YAML
 * scalar.
 */
export type Expression =
  | IntegerLiteral
  | DecimalLiteral
  | DurationLiteral
  | SizeLiteral
  | PercentageLiteral
  | StringLiteral
  | NetworkLiteral
  | ListExpression
  | RangeExpression
  | NameExpression
  | MemberExpression
  | IndexExpression
  | CallExpression
  | UnaryExpression
  | BinaryExpression
  | MembershipExpression
  | ConditionalExpression
  | CoalesceExpression;

/** `0x1f`, `1_000`, `true` and `false` (1 and 0). */
export interface IntegerLiteral {
  readonly kind: "integer";
  readonly value: bigint;
  readonly span: Span;
}

/** `0.5`: only in expressions that run in user space. */
export interface DecimalLiteral {
  readonly kind: "decimal";
  readonly value: number;
  readonly span: Span;
}

/** `250ms`; units ns us ms s m h d. */
export interface DurationLiteral {
  readonly kind: "duration";
  readonly nanoseconds: bigint;
  readonly span: Span;
}

/** `4KiB`; units B KiB MiB GiB TiB and kB MB GB TB. */
export interface SizeLiteral {
  readonly kind: "size";
  readonly bytes: bigint;
  readonly span: Span;
}

/** `90%` is 0.9: only in expressions that run in user space. */
export interface PercentageLiteral {
  readonly kind: "percentage";
  readonly value: number;
  readonly span: Span;
}

/** `"text"` or `'text'`. */
export interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
  readonly span: Span;
}

/**
 * `10.0.0.1`, `10.0.0.0/8`, `fe80::/10`: 16 bytes. A v4 address is `::ffff:a.b.c.d`, and its prefix
 * counts from bit 0 of the 128.
 */
export interface NetworkLiteral {
  readonly kind: "network";
  readonly address: Uint8Array;
  readonly prefixBits: number;
  readonly span: Span;
}

/** `[1, 2, 10..20]`, the right side of `in`. */
export interface ListExpression {
  readonly kind: "list";
  readonly items: readonly Expression[];
  readonly span: Span;
}

/** `1024..65535`, both ends included. */
export interface RangeExpression {
  readonly kind: "range";
  readonly low: Expression;
  readonly high: Expression;
  readonly span: Span;
}

export interface NameExpression {
  readonly kind: "name";
  readonly name: string;
  readonly span: Span;
}

/** `object.field`. */
export interface MemberExpression {
  readonly kind: "member";
  readonly object: Expression;
  readonly field: string;
  readonly fieldSpan: Span;
  readonly span: Span;
}

/** `object[index]`. */
export interface IndexExpression {
  readonly kind: "index";
  readonly object: Expression;
  readonly index: Expression;
  readonly span: Span;
}

/** `callee(arguments)`. */
export interface CallExpression {
  readonly kind: "call";
  readonly callee: string;
  readonly calleeSpan: Span;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

export type UnaryOperator = "not" | "-" | "~";

export interface UnaryExpression {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly span: Span;
}

/** `&&` is read as `and`, `||` as `or`, `!` as `not`. */
export type BinaryOperator = "or" | "and" | ComparisonOperator | ArithmeticOperator;

export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type ArithmeticOperator = "|" | "^" | "&" | "<<" | ">>" | "+" | "-" | "*" | "/" | "%";

export interface BinaryExpression {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

/** `element in set`, `element not in set`. */
export interface MembershipExpression {
  readonly kind: "membership";
  readonly negated: boolean;
  readonly element: Expression;
  readonly set: Expression;
  readonly span: Span;
}

/** `test ? then : otherwise`. */
export interface ConditionalExpression {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
  readonly span: Span;
}

/**
 * `a.b ?? a.c ?? 0`: the first field path that the kernel's types have, or the literal at the end.
 */
export interface CoalesceExpression {
  readonly kind: "coalesce";
  readonly alternatives: readonly Expression[];
  readonly span: Span;
}
