import { addressHelp, spaceOfNumber } from "../address-space.ts";
import { describe } from "../describe.ts";
import { RECORD_STRING_BYTES } from "../limits.ts";
import { integerOperand } from "../operands.ts";
import { addressOf } from "../places.ts";
import type { Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";
import type { Bytes, Scalar } from "../typed-expression.ts";
import { constantArgument } from "./constant-argument.ts";
import { argument, type LanguageFunction } from "./function.ts";

/**
 * Returns bytes at an address. If their number is known only when the program runs, the third
 * argument is the most.
 */
export const BUF: LanguageFunction = {
  name: "buf",
  usage: "buf(pointer, bytes) or buf(pointer, length, most)",
  doc: "Bytes at an address, NULs included: a constant number of them, or `length` but at most `most`. Up to 4,096.",
  least: 2,
  most: 3,
  check(call, scope, check) {
    const [pointer, second, third] = [argument(call, 0), argument(call, 1), call.arguments[2]];
    const term = check(pointer, scope);
    const from = addressedBy(term, scope);
    const range = { least: 1, most: RECORD_STRING_BYTES, noun: "bytes" };
    const bytes = constantArgument(third ?? second, range, scope, check);
    const length = third === undefined ? undefined : integerOperand(check(second, scope), second, scope)?.scalar;
    if (from === undefined && term.form !== "error") {
      const found = describe(term, scope.kernel.btf);
      const help = addressHelp((x) => `buf(${x}, …)`, term, scope);
      scope.reporter.error("type-mismatch", pointer.span, `expected a pointer or an array, found ${found}`, help);
    }
    if (from === undefined || bytes === undefined || (third !== undefined && length === undefined)) return ERROR;
    const memory: Bytes = { op: "memory", ...from, bytes, ...(length === undefined ? {} : { length }) };
    return { form: "bytes", type: { kind: "string", maxBytes: bytes, form: "bytes" }, bytes: memory, elastic: false };
  },
};

function addressedBy(term: Term, scope: Scope): { address: Scalar; space: "kernel" | "user" } | undefined {
  if (term.form === "place") return { address: addressOf(term), space: term.type.space };
  if (term.form === "context-array") {
    return { address: { op: "context-address", offset: term.offset }, space: "kernel" };
  }
  if (term.form !== "scalar") return undefined;
  if (term.type.kind === "pointer") return { address: term.scalar, space: term.type.space };
  const { scalar, type } = term;
  const isAddress = type.kind === "integer" && type.bits === 64 && scope.probe.context.integerSpace !== "unknown";
  return isAddress ? { address: scalar, space: spaceOfNumber(type, scope) } : undefined;
}
