import { extend, swap } from "../constant-fold.ts";
import { integerOperand } from "../operands.ts";
import { ERROR, integerType, scalarTerm } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";

function byteOrder(name: string, bits: 16 | 32): LanguageFunction {
  return {
    name,
    usage: `${name}(number)`,
    doc: `A ${bits}-bit number from network byte order.`,
    least: 1,
    most: 1,
    check(call, scope, check) {
      const expression = argument(call, 0);
      const operand = integerOperand(check(expression, scope), expression, scope);
      return operand === undefined ? ERROR : scalarTerm(integerType(bits, false), swap(bits, operand.scalar));
    },
  };
}

/** Converts from network byte order: x86-64 and arm64 kernels are little-endian. */
export const NTOHS = byteOrder("ntohs", 16);
export const NTOHL = byteOrder("ntohl", 32);

export const BSWAP: LanguageFunction = {
  name: "bswap",
  usage: "bswap(number)",
  doc: "A number with the bytes of its type in reverse order.",
  least: 1,
  most: 1,
  check(call, scope, check) {
    const expression = argument(call, 0);
    const operand = integerOperand(check(expression, scope), expression, scope);
    if (operand === undefined) return ERROR;
    const { bits } = operand.type;
    return scalarTerm(
      integerType(bits, false),
      bits === 8 ? extend(8, false, operand.scalar) : swap(bits, operand.scalar),
    );
  },
};
