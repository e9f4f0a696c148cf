import type { Diagnostic } from "../../source/diagnostic.ts";
import type { CoalesceExpression, Expression } from "../../language/expression.ts";
import { createReporter } from "../reporter.ts";
import { branch, type CheckExpression, type Scope } from "../scope.ts";
import { ERROR, type Term } from "../term.ts";

/**
 * `a.b ?? a.c ?? 0`: the first alternative all of whose fields this kernel has; `SOME_ENUMERATOR ?? 0`, the number that it has, where it
 * has one. The choice is made here: nothing of it is left at run time.
 */
export function checkCoalesce(expression: CoalesceExpression, scope: Scope, check: CheckExpression): Term {
  const chosen = expression.alternatives.find((alternative) => isPresent(alternative, scope, check));
  if (chosen !== undefined) return check(chosen, scope);
  for (const alternative of expression.alternatives) check(alternative, scope);
  return ERROR;
}

/** Tries an alternative without a trace: a fault other than an absent field makes it present, so that the fault is reported. */
function isPresent(alternative: Expression, scope: Scope, check: CheckExpression): boolean {
  const reporter = createReporter();
  check(alternative, { ...branch(scope), reporter });
  return reporter.diagnostics.length === 0 || reporter.diagnostics.some((found) => !isAbsence(found, alternative));
}

/** Enumerators come with kernels, as fields do: a name in capitals that is unknown here may be known elsewhere. */
function isAbsence({ code, span }: Diagnostic, alternative: Expression): boolean {
  if (code === "type-mismatch") return isNumberHere(alternative, span);
  if (code === "unknown-name") return alternative.kind === "name" && /^[A-Z][A-Z0-9_]+$/.test(alternative.name);
  return code === "unknown-field" || code === "not-available";
}

/** Fields that are numbers become structs: `page->flags` did in 6.18 (53fbef56e07d "mm: introduce memdesc_flags_t"). */
function isNumberHere(alternative: Expression, { start, end }: Diagnostic["span"]): boolean {
  if (alternative.kind !== "member" || alternative.object.kind !== "member") return false;
  return alternative.object.span.start === start && alternative.object.span.end === end;
}
