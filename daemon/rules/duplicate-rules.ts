import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/** The rules without those whose name an earlier one has. */
export function dropDuplicates(rules: readonly RuleSyntax[]): {
  readonly rules: readonly RuleSyntax[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const first = new Map<string, RuleSyntax>();
  const diagnostics: Diagnostic[] = [];
  for (const rule of rules) {
    const earlier = first.get(rule.name.text);
    if (earlier === undefined) first.set(rule.name.text, rule);
    else diagnostics.push(duplicate(rule, earlier));
  }
  return { rules: [...first.values()], diagnostics };
}

function duplicate(rule: RuleSyntax, earlier: RuleSyntax): Diagnostic {
  const code: RuleCode = "duplicate-rule";
  const message = `two rules have the name "${rule.name.text}"`;
  const related = [{ message: "the first stands here, and is used", span: earlier.name.span }];
  return { code, severity: "error", message, span: rule.name.span, related, help: "give this rule another name" };
}
