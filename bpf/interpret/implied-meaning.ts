import { resultMeaning } from "../check/expressions/units.ts";
import { commonMeaning } from "../check/meaning.ts";
import { integerType, PLAIN } from "../check/term.ts";
import type { Meaning } from "../check/type.ts";
import type { Expression } from "../language/expression.ts";
import { literalValue } from "./literal-value.ts";

type Names = ReadonlyMap<string, Expression>;

const DURATION: Meaning = { kind: "duration" };

/**
 * Returns whether a number is a duration, a point in time or a size, as far as the language itself
 * tells. Nothing is known of values that come from a probe.
 *
 * @param names the names of `with` and `keep`
 */
export function impliedMeaning(expression: Expression, names: Names): Meaning {
  switch (expression.kind) {
    case "duration":
      return DURATION;
    case "size":
      return { kind: "bytes" };
    case "name":
      return meaningOfName(expression.name, names);
    case "unary":
      return expression.operator === "-" ? impliedMeaning(expression.operand, names) : PLAIN;
    case "binary":
      return meaningOfBinary(expression, names);
    case "conditional":
      return meaningOfEither(expression.then, expression.otherwise, names);
    case "call":
      return meaningOfCall(expression, names);
    default:
      return PLAIN;
  }
}

function meaningOfName(name: string, names: Names): Meaning {
  if (name === "elapsed") return DURATION;
  if (name === "now") return { kind: "timestamp" };
  const bound = names.get(name);
  if (bound === undefined) return PLAIN;
  // a name may stand for the same name at the start of a span, never for itself
  return impliedMeaning(bound, new Map([...names].filter(([other]) => other !== name)));
}

function meaningOfBinary(expression: Extract<Expression, { readonly kind: "binary" }>, names: Names): Meaning {
  const { operator } = expression;
  if (["or", "and", "==", "!=", "<", "<=", ">", ">="].includes(operator)) return PLAIN;
  const [left, right] = [expression.left, expression.right].map((side) =>
    integerType(64, true, impliedMeaning(side, names)),
  );
  if (left === undefined || right === undefined) return PLAIN;
  const meaning = resultMeaning(operator as Parameters<typeof resultMeaning>[0], left, right);
  return typeof meaning === "string" ? PLAIN : meaning;
}

/** Returns the meaning of two alternatives. A literal 0 takes the unit of the other one. */
function meaningOfEither(first: Expression, second: Expression, names: Names): Meaning {
  const [a, b] = [impliedMeaning(first, names), impliedMeaning(second, names)];
  if (literalValue(first) !== undefined) return b;
  return literalValue(second) === undefined ? commonMeaning(a, b) : a;
}

function meaningOfCall(
  { callee, arguments: given }: Extract<Expression, { readonly kind: "call" }>,
  names: Names,
): Meaning {
  const [first, second] = given;
  if (first === undefined) return PLAIN;
  if (callee === "abs") return impliedMeaning(first, names);
  if ((callee === "least" || callee === "greatest") && second !== undefined)
    return meaningOfEither(first, second, names);
  return PLAIN;
}
