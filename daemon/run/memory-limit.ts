import type { LoadCode } from "../../bpf/load/codes.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { ObjectSpec } from "../../bpf/compile/object-spec.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { bytesText } from "../text/number-text.ts";

/** Reports a rule whose maps need more than `limitBytes` of kernel memory. */
export function memoryFaults(
  { rule, object }: { readonly rule: RuleSyntax; readonly object: ObjectSpec },
  limitBytes: number,
): readonly Diagnostic[] {
  if (object.memoryBytes <= limitBytes) return [];
  const code: LoadCode = "over-memory";
  const message = `expected at most ${bytesText(limitBytes)} of kernel memory, found a rule that takes ${bytesText(object.memoryBytes)}`;
  const help = "lower limits.keys or raise limits.memory in bpfwarden.yaml";
  return [{ code, severity: "error", message, span: rule.name.span, help }];
}
