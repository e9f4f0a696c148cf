import type { BinaryOperator } from "./expression.ts";
import type { Keyword, Punctuation } from "./token.ts";

/**
 * The precedence of operators, loosest first. The parser and the printer both read this table.
 *
 *     conditional     a ? b : c                     groups to the right
 *     or              or  ||
 *     and             and  &&
 *     not             not a                         binds like Python's: `not a == b` is `not (a == b)`
 *     comparison      == != < <= > >=  in  not in   do not chain: `a < b < c` is an error
 *     bitOr           |
 *     bitXor          ^
 *     bitAnd          &                             unlike in C, `a & b == c` is `(a & b) == c`
 *     shift           << >>
 *     sum             + -
 *     product         * / %
 *     coalesce        ??
 *     unary           - ~ !                         `!` binds like C's: `!a == b` is `(!a) == b`
 *     postfix         a.b  a[b]  f(a)
 */
export const PRECEDENCE = {
  conditional: 0,
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  bitOr: 5,
  bitXor: 6,
  bitAnd: 7,
  shift: 8,
  sum: 9,
  product: 10,
  coalesce: 11,
  unary: 12,
  postfix: 13,
} as const;
export type Precedence = (typeof PRECEDENCE)[keyof typeof PRECEDENCE];

/** The precedence of each binary operator. */
export const BINARY_PRECEDENCE: Readonly<Record<BinaryOperator, Precedence>> = {
  or: PRECEDENCE.or,
  and: PRECEDENCE.and,
  "==": PRECEDENCE.comparison,
  "!=": PRECEDENCE.comparison,
  "<": PRECEDENCE.comparison,
  "<=": PRECEDENCE.comparison,
  ">": PRECEDENCE.comparison,
  ">=": PRECEDENCE.comparison,
  "|": PRECEDENCE.bitOr,
  "^": PRECEDENCE.bitXor,
  "&": PRECEDENCE.bitAnd,
  "<<": PRECEDENCE.shift,
  ">>": PRECEDENCE.shift,
  "+": PRECEDENCE.sum,
  "-": PRECEDENCE.sum,
  "*": PRECEDENCE.product,
  "/": PRECEDENCE.product,
  "%": PRECEDENCE.product,
};

/** Returns the binary operator that a token spells, or undefined. */
export function binaryOperator(text: Punctuation | Keyword): BinaryOperator | undefined {
  if (text === "||") return "or";
  if (text === "&&") return "and";
  return Object.hasOwn(BINARY_PRECEDENCE, text) ? (text as BinaryOperator) : undefined;
}
