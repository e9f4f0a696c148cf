import type { Diagnostic } from "../../source/diagnostic.ts";
import type { CoalesceExpression, Expression } from "../../language/expression.ts";
import { createReporter } from "../reporter.ts";
import { branch, type CheckExpression, type Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";

/**
 * Checks `a.b ?? a.c ?? 0`, the first alternative whose fields this kernel all has, and
 * `SOME_ENUMERATOR ?? 0`, the enumerator's number if the kernel has it. The choice is made here,
 * not when the program runs.
 */
export function checkCoalesce(expression: CoalesceExpression, scope: Scope, check: CheckExpression): Term {
  const chosen = expression.alternatives.find((alternative) => isPresent(alternative, scope, check));
  if (chosen !== undefined) return check(chosen, scope);
  for (const alternative of expression.alternatives) check(alternative, scope);
  return ERROR;
}

/**
 * Checks an alternative without reporting its errors. An alternative with another error than a
 * missing field counts as present, so that the error is reported later.
 */
function isPresent(alternative: Expression, scope: Scope, check: CheckExpression): boolean {
  const reporter = createReporter();
  check(alternative, { ...branch(scope), reporter });
  return reporter.diagnostics.length === 0 || reporter.diagnostics.some((found) => !isAbsence(found, alternative));
}

/**
 * True if the error means that a field or an enumerator is missing. Enumerators differ between
 * kernels as fields do: an unknown name in capitals may be known on another kernel.
 */
function isAbsence({ code, span }: Diagnostic, alternative: Expression): boolean {
  if (code === "type-mismatch") return isNumberHere(alternative, span);
  if (code === "unknown-name") return alternative.kind === "name" && /^_*[A-Z][A-Z0-9_]+$/.test(alternative.name);
  return code === "unknown-field" || code === "not-available";
}

/**
 * True if a struct of other kernels is a number here: `page->flags` became a struct in 6.18
 * (53fbef56e07d "mm: introduce memdesc_flags_t").
 */
function isNumberHere(alternative: Expression, { start, end }: Diagnostic["span"]): boolean {
  if (alternative.kind !== "member" || alternative.object.kind !== "member") return false;
  return alternative.object.span.start === start && alternative.object.span.end === end;
}
