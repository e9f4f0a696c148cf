import type { CallExpression, Expression } from "../../language/expression.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { addressHelp, spaceOfNumber } from "../address-space.ts";
import { describe } from "../describe.ts";
import { RECORD_STRING_BYTES } from "../limits.ts";
import { addressOf, charactersAsString, isCharacter } from "../places.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { fitString } from "../strings.ts";
import { ERROR, stringTerm, type BytesTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { constantArgument } from "./constant-argument.ts";
import { argument, type LanguageFunction } from "./function.ts";

/** Returns the string at an address: up to 4,096 bytes of it in an event, 256 elsewhere. */
export const STR: LanguageFunction = {
  name: "str",
  usage: "str(pointer[, bytes])",
  doc: "The NUL-terminated string at an address, cut at `bytes` (4,096 in events, 256 elsewhere).",
  least: 1,
  most: 2,
  check(call, scope, check) {
    const room = roomOf(call, scope, check);
    const pointer = argument(call, 0);
    const term = charactersAsString(scope.kernel.btf, check(pointer, scope));
    if (term.form === "error" || room === undefined) return ERROR;
    const string = stringAt(term, pointer, scope);
    if (string === undefined) return ERROR;
    return room === "elastic" ? string : fitString(string, room);
  },
};

/** Returns the second argument: the number of bytes with the NUL. */
function roomOf(call: CallExpression, scope: Scope, check: CheckExpression): number | "elastic" | undefined {
  const size = call.arguments[1];
  if (size === undefined) return "elastic";
  return constantArgument(size, { least: 2, most: RECORD_STRING_BYTES, noun: "bytes" }, scope, check);
}

function stringAt(term: Term, expression: Expression, scope: Scope): BytesTerm | undefined {
  if (term.form === "bytes" && term.type.kind === "string") return term;
  const from = addressedBy(term, scope);
  if (from !== undefined) return stringTerm({ op: "string", ...from, bytes: RECORD_STRING_BYTES }, "text", true);
  const found = describe(term, scope.kernel.btf);
  const message = `expected a pointer to characters, found ${found}`;
  scope.reporter.error(
    "type-mismatch",
    expression.span,
    message,
    addressHelp((x) => `str(${x})`, term, scope),
  );
  return undefined;
}

/**
 * Returns the address of a string. Registers of user-space functions have no type: they are taken
 * for pointers into the memory of the process.
 */
function addressedBy(term: Term, scope: Scope): { address: Scalar; space: "kernel" | "user" } | undefined {
  const { btf } = scope.kernel;
  if (term.form === "place") {
    const { type } = resolve(btf, term.type.type);
    const characters = type.kind === "array" && isCharacter(btf, type.element);
    return characters ? { address: addressOf(term), space: term.type.space } : undefined;
  }
  if (term.form !== "scalar") return undefined;
  const { type, scalar } = term;
  if (type.kind === "pointer") {
    const target = resolve(btf, type.to).type;
    const characters = target.kind === "void" || (target.kind === "int" && target.bytes === 1);
    return characters ? { address: scalar, space: type.space } : undefined;
  }
  const isAddress = type.kind === "integer" && type.bits === 64 && scope.probe.context.integerSpace !== "unknown";
  return isAddress ? { address: scalar, space: spaceOfNumber(type, scope) } : undefined;
}
