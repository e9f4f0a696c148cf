import { describe } from "../describe.ts";
import { equalsLiteral, isComparable, isComparableLiteral, warnOfTooLong } from "../strings.ts";
import { charactersAsString } from "../places.ts";
import { booleanTerm, ERROR } from "../term.ts";
import { argument, type LanguageFunction } from "./function.ts";

export const STARTS_WITH: LanguageFunction = {
  name: "starts_with",
  usage: 'starts_with(string, "prefix")',
  doc: "Whether a string begins with a literal.",
  least: 2,
  most: 2,
  check(call, scope, check) {
    const [string, prefix] = [argument(call, 0), argument(call, 1)];
    const term = charactersAsString(scope.kernel.btf, check(string, scope));
    if (prefix.kind !== "string") {
      const help = 'write starts_with(x, "PREFIX"): a prefix must stand in the rule';
      scope.reporter.error("bad-argument", prefix.span, "expected a prefix in quotes", help);
      return ERROR;
    }
    if (term.form === "error") return ERROR;
    if (term.form !== "bytes" || term.type.kind !== "string") {
      const found = describe(term, scope.kernel.btf);
      scope.reporter.error(
        "type-mismatch",
        string.span,
        `expected a string, found ${found}`,
        "write str(x) for a pointer",
      );
      return ERROR;
    }
    if (!isComparable(term, string.span, scope.reporter)) return ERROR;
    const literal = new TextEncoder().encode(prefix.value);
    if (!isComparableLiteral(literal, prefix.span, scope.reporter)) return ERROR;
    warnOfTooLong(term, literal, prefix.span, scope.reporter);
    return booleanTerm(equalsLiteral(term, literal));
  },
};
