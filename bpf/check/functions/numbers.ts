import { commonSpace } from "../address-space.ts";
import { binary, conditional, constant, unary } from "../constant-fold.ts";
import { commonMeaning } from "../meaning.ts";
import { integerOperand } from "../operands.ts";
import { commonSignedness } from "../signedness.ts";
import { ERROR, integerType, scalarTerm } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";

function extreme(name: "least" | "greatest", operator: "<" | ">"): LanguageFunction {
  return {
    name,
    usage: `${name}(a, b)`,
    doc: `The ${name === "least" ? "smaller" : "greater"} one of two numbers.`,
    least: 2,
    most: 2,
    check(call, scope, check) {
      const [first, second] = [argument(call, 0), argument(call, 1)];
      const a = integerOperand(check(first, scope), first, scope);
      const b = integerOperand(check(second, scope), second, scope);
      if (a === undefined || b === undefined) return ERROR;
      const signed = commonSignedness(a, b, call, scope);
      if (signed === undefined) return ERROR;
      const left = scope.share(a.scalar, first.span);
      const right = scope.share(b.scalar, second.span);
      const chosen = conditional(binary(operator, signed, left, right), left, right);
      const meaning = a.literal
        ? b.type.meaning
        : b.literal
          ? a.type.meaning
          : commonMeaning(a.type.meaning, b.type.meaning);
      return scalarTerm({ ...integerType(64, signed, meaning), ...commonSpace(a.type, b.type) }, chosen);
    },
  };
}

export const EXTREMES: readonly LanguageFunction[] = [extreme("least", "<"), extreme("greatest", ">")];

export const ABS: LanguageFunction = {
  name: "abs",
  usage: "abs(number)",
  doc: "A number without its sign; the smallest 64-bit integer is unchanged.",
  least: 1,
  most: 1,
  check(call, scope, check) {
    const expression = argument(call, 0);
    const operand = integerOperand(check(expression, scope), expression, scope);
    if (operand === undefined) return ERROR;
    const { type } = operand;
    if (!type.signed) return scalarTerm(type, operand.scalar);
    const value = scope.share(operand.scalar, expression.span);
    const negative = binary("<", true, value, constant(0n));
    return scalarTerm(integerType(64, true, type.meaning), conditional(negative, unary("negate", value), value));
  },
};
