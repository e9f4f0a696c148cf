/**
 * Returns the value of a constant C expression as in format files: `(1 << 3) | 0x10`, `(
 * gfp_t)((1UL))`, `TCP_ESTABLISHED`. Returns undefined for anything else, and if `enumerator` does
 * not know a name. Casts and suffixes are skipped: the caller cuts the value to the width of the
 * value that it is compared with.
 */
export function constantValue(text: string, enumerator: (name: string) => bigint | undefined): bigint | undefined {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens.join("") !== text.replaceAll(/\s/g, "")) return undefined;
  const cursor = { tokens, at: 0, enumerator };
  const value = binary(cursor, 0);
  return cursor.at === tokens.length ? value : undefined;
}

interface Cursor {
  readonly tokens: readonly string[];
  at: number;
  readonly enumerator: (name: string) => bigint | undefined;
}

const TOKEN = /\w+|<<|>>|[-+*/%&|^~()]/g;

/** Binary operators from the loosest to the tightest. */
const LEVELS: readonly Readonly<Record<string, (left: bigint, right: bigint) => bigint | undefined>>[] = [
  { "|": (left, right) => left | right },
  { "^": (left, right) => left ^ right },
  { "&": (left, right) => left & right },
  {
    "<<": (left, right) => shiftable(right, left << BigInt.asUintN(6, right)),
    ">>": (left, right) => shiftable(right, left >> right),
  },
  { "+": (left, right) => left + right, "-": (left, right) => left - right },
  {
    "*": (left, right) => left * right,
    "/": (left, right) => (right === 0n ? undefined : left / right),
    "%": (left, right) => (right === 0n ? undefined : left % right),
  },
];

function shiftable(count: bigint, shifted: bigint): bigint | undefined {
  return count < 0n || count > 63n ? undefined : shifted;
}

function binary(cursor: Cursor, level: number): bigint | undefined {
  const operators = LEVELS[level];
  if (operators === undefined) return unary(cursor);
  let left = binary(cursor, level + 1);
  for (;;) {
    const operator = operators[cursor.tokens[cursor.at] ?? ""];
    if (operator === undefined || left === undefined) return left;
    cursor.at++;
    const right = binary(cursor, level + 1);
    left = right === undefined ? undefined : operator(left, right);
  }
}

function unary(cursor: Cursor): bigint | undefined {
  const token = cursor.tokens[cursor.at++] ?? "";
  if (token === "-" || token === "~" || token === "+") return applied(token, unary(cursor));
  if (token === "(") return castOrGroup(cursor);
  if (/^\d/.test(token)) return integer(token);
  return /^[A-Za-z_]/.test(token) ? cursor.enumerator(token) : undefined;
}

function applied(operator: string, operand: bigint | undefined): bigint | undefined {
  if (operand === undefined || operator === "+") return operand;
  return operator === "-" ? -operand : ~operand;
}

/**
 * Reads a cast or a group: `( gfp_t)(1)` is a cast, since an operand follows; `(TCP_ESTABLISHED)`
 * is not.
 */
function castOrGroup(cursor: Cursor): bigint | undefined {
  let close = cursor.at;
  while (/^[A-Za-z_]/.test(cursor.tokens[close] ?? "")) close++;
  const isCast = close > cursor.at && cursor.tokens[close] === ")" && /^[\w(~]/.test(cursor.tokens[close + 1] ?? "");
  if (isCast) {
    cursor.at = close + 1;
    return unary(cursor);
  }
  const value = binary(cursor, 0);
  return cursor.tokens[cursor.at++] === ")" ? value : undefined;
}

function integer(token: string): bigint | undefined {
  const digits = token.replace(/[uUlL]+$/, "");
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(0[xX][\da-fA-F]+|0|[1-9]\d*)$/.test(digits) ? BigInt(digits) : undefined;
}
