import type { Kernel } from "../../kernel/kernel.ts";
import { extend } from "../constant-fold.ts";
import { callNamesOf, syscallNamesOf } from "../names/names.ts";
import { integerOperand } from "../operands.ts";
import { isCompat } from "../records/from-system-call.ts";
import { ERROR, integerType, scalarTerm, type ScalarTerm } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { argument, type LanguageFunction } from "./function.ts";

export const SYSCALL: LanguageFunction = {
  name: "syscall",
  usage: "syscall(number)",
  doc:
    "The system call that the thread is in, by its name on this architecture. A 32-bit call has another number: it is compared as the " +
    "call of that name.",
  least: 1,
  most: 1,
  check(call, scope, check) {
    const expression = argument(call, 0);
    const operand = integerOperand(check(expression, scope), expression, scope);
    return operand === undefined ? ERROR : callTerm(operand.scalar, scope.kernel);
  },
};

function callTerm(number: Scalar, kernel: Kernel): ScalarTerm {
  const compat = isCompat(kernel);
  const operand = extend(32, false, number);
  const type = integerType(32, false, { kind: "names", names: callNamesOf(kernel.architecture) });
  const isKnown = compat === undefined || operand.op === "constant";
  return scalarTerm(type, isKnown ? operand : { op: "call-number", operand, test: compat });
}

/**
 * Gives a column of system call numbers the numbers that the calls' names have. Other values are
 * returned unchanged.
 */
export function namedCall(term: ScalarTerm, kernel: Kernel): ScalarTerm {
  const { scalar, type } = term;
  const isNumber = type.kind === "integer" && type.meaning.kind === "names";
  return isNumber && type.meaning.names === syscallNamesOf(kernel.architecture) ? callTerm(scalar, kernel) : term;
}
