import type { CallExpression } from "../../language/expression.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { AGGREGATE_NAMES } from "../aggregate-functions.ts";
import { FUNCTIONS, FUNCTION_NAMES } from "../functions/functions.ts";
import { helpForOtherName } from "../other-names.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";

export function checkCall(call: CallExpression, scope: Scope, check: CheckExpression): Term {
  const { callee, calleeSpan, span } = call;
  const { reporter } = scope;
  const known = FUNCTIONS.get(callee);
  if (known === undefined) {
    const aggregate = AGGREGATE_NAMES.get(callee);
    if (aggregate !== undefined) {
      reporter.error(
        "misplaced-aggregate",
        calleeSpan,
        `expected a value, found the aggregate function "${callee}"`,
        `write "aggregate: ${aggregate.usage}", and compare it in "threshold"`,
      );
    } else {
      reporter.error(
        "unknown-function",
        calleeSpan,
        `unknown function "${callee}"`,
        helpForOtherName(callee) ??
          didYouMean(callee, FUNCTIONS.keys()) ??
          `the functions are ${FUNCTION_NAMES.join(", ")}`,
      );
    }
    return ERROR;
  }
  const found = call.arguments.length;
  const { least, most, usage } = known;
  if (found < least || found > most) {
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    const plural = most === 1 ? "argument" : "arguments";
    reporter.error("bad-argument-count", span, `expected ${expected} ${plural}, found ${found}`, `write "${usage}"`);
    return ERROR;
  }
  return known.check(call, scope, check);
}
