import type { Spelled } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleCode } from "./codes.ts";
import type { RuleSyntax } from "./rule-syntax.ts";

/** A name that a document gives to its rule, which is absent where it is faulty. */
interface NamedRule {
  readonly name: Spelled;
  readonly rule: RuleSyntax | undefined;
}

/** The rules without those whose name an earlier good one has; a name that a faulty one has is told of too. */
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
  const here = earlier.rule === undefined ? "the first stands here" : "the first stands here, and is used";
  const related = [{ message: here, span: earlier.name.span }];
  return { code, severity: "error", message, span: name.span, related, help: "give this rule another name" };
}

/** As `dropDuplicateNames`, of good rules. */
export function dropDuplicates(rules: readonly RuleSyntax[]): ReturnType<typeof dropDuplicateNames> {
  return dropDuplicateNames(rules.map((rule) => ({ name: rule.name, rule })));
}
