import { impliedAggregates } from "../../bpf/interpret/implied-aggregates.ts";
import { INTERPRETED_HOST } from "../../bpf/interpret/interpret.ts";
import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { checkFormulas } from "../evaluate/formula/check-formulas.ts";
import type { RenderSummary } from "../evaluate/rule-state.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { checkRuleTest, lackingValue } from "./check-rule-test.ts";
import type { TestCode } from "./codes.ts";
import { compareRun, type Comparison } from "./compare.ts";
import type { RuleTest } from "./rule-test.ts";
import { runRuleTest } from "./run-rule-test.ts";

/** The result of one test: comparisons, or the reasons why it could not run. */
export interface RuleTestResult {
  readonly test: RuleTest;
  /** absent if the test names no existing rule */
  readonly rule?: RuleSyntax;
  readonly comparisons: readonly Comparison[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Returns true if a test could run and everything was as expected. */
export function hasPassed({ comparisons, diagnostics }: RuleTestResult): boolean {
  return diagnostics.length === 0 && comparisons.every(({ passed }) => passed);
}

/** Runs one test against the rules of its rule file. */
export function resultOf(test: RuleTest, rules: readonly RuleSyntax[], render: RenderSummary): RuleTestResult {
  const chosen = chooseRule(test, rules);
  if (chosen.result === undefined) return { test, comparisons: [], diagnostics: chosen.diagnostics };
  const rule = chosen.result;
  const formulas = checkFormulas(rule, impliedAggregates(rule.program), INTERPRETED_HOST);
  const diagnostics = [...checkRuleTest(test, rule), ...formulas.diagnostics];
  if (diagnostics.length > 0 || formulas.result === undefined) return { test, rule, comparisons: [], diagnostics };
  const run = runRuleTest(test, { rule, formulas: formulas.result, render });
  const lacking = run.lacking.map(({ event, missing }) => lackingValue(event, missing));
  return { test, rule, comparisons: lacking.length > 0 ? [] : compareRun(test, run), diagnostics: lacking };
}

interface Chosen {
  readonly result?: RuleSyntax;
  readonly diagnostics: readonly Diagnostic[];
}

function chooseRule({ rule: wanted, name }: RuleTest, rules: readonly RuleSyntax[]): Chosen {
  const names = rules.map((rule) => rule.name.text);
  const [only] = rules;
  if (wanted === undefined && only !== undefined && rules.length === 1) return { result: only, diagnostics: [] };
  const found = rules.find((rule) => rule.name.text === wanted?.text);
  if (found !== undefined) return { result: found, diagnostics: [] };
  const code: TestCode = "unknown-rule";
  const listed =
    names.length === 0 ? "it has no rules" : `its rules are ${names.map((each) => `"${each}"`).join(", ")}`;
  const message =
    wanted === undefined
      ? `expected one rule in the rule file, found ${rules.length}`
      : `the rule file has no rule "${wanted.text}"`;
  const meant = wanted === undefined ? undefined : didYouMean(wanted.text, names);
  const help = meant ?? (wanted === undefined && names.length > 0 ? `choose one: "rule: NAME"; ${listed}` : listed);
  return { diagnostics: [{ code, severity: "error", message, span: (wanted ?? name).span, help }] };
}
