import type { CallExpression } from "../../language/expression.ts";
import { describe } from "../describe.ts";
import { STACK_FRAMES } from "../limits.ts";
import { asInteger } from "../operands.ts";
import { detached } from "../places.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { kernelStack, userStack, userSymbol } from "../stacks.ts";
import { ERROR, integerType, scalarTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { argument, type LanguageFunction } from "./function.ts";

function stackFunction(name: "kstack" | "ustack", doc: string, take: typeof kernelStack): LanguageFunction {
  return {
    name,
    usage: `${name}([frames])`,
    doc,
    least: 0,
    most: 1,
    check(call, scope, check) {
      const frames = framesOf(call, scope, check);
      return frames === undefined ? ERROR : take(scope, call.span, frames);
    },
  };
}

function framesOf(call: CallExpression, scope: Scope, check: CheckExpression): number | undefined {
  const [count] = call.arguments;
  if (count === undefined) return STACK_FRAMES;
  const term = check(count, scope);
  if (term.form === "error") return undefined;
  const constant = term.form === "scalar" && term.scalar.op === "constant" ? term.scalar.value : undefined;
  if (constant !== undefined && constant >= 1n && constant <= BigInt(STACK_FRAMES)) return Number(constant);
  const found = constant?.toString() ?? describe(term, scope.kernel.btf);
  const message = `expected a constant from 1 to ${STACK_FRAMES} frames, found ${found}`;
  scope.reporter.error("bad-argument", count.span, message, `write ${call.callee}(8) for the innermost 8`);
  return undefined;
}

export const KSTACK = stackFunction("kstack", "The kernel's call stack, innermost frame first.", kernelStack);
export const USTACK = stackFunction("ustack", "The call stack of the process, by its frame pointers.", userStack);

function symbolFunction(
  name: "ksym" | "usym",
  doc: string,
  termOf: (address: Scalar, call: CallExpression, scope: Scope) => Term,
): LanguageFunction {
  return {
    name,
    usage: `${name}(address)`,
    doc,
    least: 1,
    most: 1,
    check(call, scope, check) {
      const term = check(argument(call, 0), scope);
      const address = addressOf(term);
      if (address !== undefined) return termOf(address, call, scope);
      if (term.form === "error") return ERROR;
      const found = describe(term, scope.kernel.btf);
      const message = `expected the address of a function, found ${found}`;
      scope.reporter.error("type-mismatch", argument(call, 0).span, message, "name a pointer or a 64-bit integer");
      return ERROR;
    },
  };
}

function addressOf(term: Term): Scalar | undefined {
  if (term.form !== "scalar") return undefined;
  return term.type.kind === "pointer" ? detached(term.scalar) : asInteger(term)?.scalar;
}

export const KSYM = symbolFunction("ksym", "The kernel's function at an address, as `function+offset`.", (address) =>
  scalarTerm(integerType(64, false, { kind: "kernel-symbol" }), address),
);
export const USYM = symbolFunction(
  "usym",
  "The process's function at an address, as `function+offset`.",
  (address, call, scope) => userSymbol(address, scope, call.span),
);
