import { describe } from "../describe.ts";
import { addressOf } from "../places.ts";
import { ERROR, scalarTerm } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";

function inSpace(name: "uptr" | "kptr", space: "user" | "kernel", doc: string): LanguageFunction {
  return {
    name,
    usage: `${name}(pointer)`,
    doc,
    least: 1,
    most: 1,
    check(call, scope, check) {
      const expression = argument(call, 0);
      const term = check(expression, scope);
      if (term.form === "error") return ERROR;
      const direct = false;
      if (term.form === "place") {
        return scalarTerm({ kind: "pointer", to: term.type.type, space, direct }, addressOf(term));
      }
      if (term.form === "scalar" && term.type.kind === "pointer") {
        return scalarTerm({ ...term.type, space, direct }, term.scalar);
      }
      if (term.form === "scalar" && term.type.kind === "integer") {
        return scalarTerm({ kind: "pointer", to: 0, space, direct }, term.scalar);
      }
      const found = describe(term, scope.kernel.btf);
      scope.reporter.error("type-mismatch", expression.span, `expected a pointer, found ${found}`);
      return ERROR;
    },
  };
}

/**
 * Functions with which a rule says whose memory a pointer is in: the kernel's BTF seldom says that
 * it is the process's.
 */
export const SPACES: readonly LanguageFunction[] = [
  inSpace("uptr", "user", "The same pointer, into the memory of the process."),
  inSpace("kptr", "kernel", "The same pointer, into the memory of the kernel."),
];
