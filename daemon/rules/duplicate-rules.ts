import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/** A document's name for its rule. `rule` is absent if the rule is faulty. */
interface NamedRule {
  readonly name: Spelled;
  readonly rule: RuleSyntax | undefined;
}

/**
 * Returns the rules without those whose name an earlier valid rule has. Also reports names that a
 * faulty rule uses.
 */
export function dropDuplicateNames(named: readonly NamedRule[]): {
  readonly rules: readonly RuleSyntax[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const first = new Map<string, NamedRule>();
  const good = new Map<string, RuleSyntax>();
  const diagnostics: Diagnostic[] = [];
  for (const one of named) {
    const { name, rule } = one;
    const used = good.get(name.text);
    const earlier = used === undefined ? first.get(name.text) : { name: used.name, rule: used };
    if (earlier === undefined) first.set(name.text, one);
    else diagnostics.push(duplicate(name, earlier));
    if (used === undefined && rule !== undefined) good.set(name.text, rule);
  }
  return { rules: [...good.values()], diagnostics };
}

function duplicate(name: Spelled, earlier: NamedRule): Diagnostic {
  const code: RuleCode = "duplicate-rule";
  const message = `two rules have the name "${name.text}"`;
  const here = earlier.rule === undefined ? "the first is here" : "the first is here and is used";
  const related = [{ message: here, span: earlier.name.span }];
  return { code, severity: "error", message, span: name.span, related, help: "give this rule another name" };
}

/** Does the same as `dropDuplicateNames` for valid rules. */
export function dropDuplicates(rules: readonly RuleSyntax[]): ReturnType<typeof dropDuplicateNames> {
  return dropDuplicateNames(rules.map((rule) => ({ name: rule.name, rule })));
}
