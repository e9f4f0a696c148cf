import { KernelFactsError } from "../../bpf/kernel/kernel-facts-error.ts";
import { AttachRefused } from "../../bpf/load/attach-refused.ts";
import type { LoadCode } from "../../bpf/load/codes.ts";
import { ProgramRejected } from "../../bpf/load/program-rejected.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { hasErrno } from "../service/has-errno.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { errorText } from "../../bpf/source/error-text.ts";

/**
 * Converts an error while compiling or loading a rule to a diagnostic at the rule's name, or at the
 * line that the verifier rejected. Throws KernelFactsError again, because it affects all rules.
 */
export function ruleRefusal({ name }: RuleSyntax, error: unknown): Diagnostic & { readonly code: LoadCode } {
  if (error instanceof KernelFactsError) throw error;
  if (error instanceof ProgramRejected || error instanceof AttachRefused) return error.diagnostic(name.span);
  if (hasErrno(error)) return { code: "load-failed", severity: "error", message: error.message, span: name.span };
  const reason = errorText(error);
  const message = `the rule "${name.text}" cannot be compiled or loaded: ${reason}`;
  const help = "this is a bug of bpfwarden: please report it with the rule";
  return { code: "internal-error", severity: "error", message, span: name.span, help };
}
