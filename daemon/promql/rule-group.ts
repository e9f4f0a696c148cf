import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import { labelName, valueMetrics } from "../metrics/metric-name.ts";
import type { Level, RuleSyntax, ThresholdSyntax } from "../rules/rule-syntax.ts";
import { annotationsOf } from "./annotations.ts";
import { NotInPromql } from "./not-in-promql.ts";
import type { PromqlContext } from "./promql-context.ts";
import { promDuration, type Term } from "./term.ts";
import { translateCondition } from "./translate-condition.ts";
import { type RecordingRule, windowRules } from "./window-rules.ts";

/** A rule group of Prometheus. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Translates a rule with a threshold, whose macros are numbers.
 *
 * @param by labels that remain if the counts of all hosts are summed up; undefined judges each host
 *   alone
 */
export function ruleGroup(
  rule: RuleSyntax & { readonly threshold: ThresholdSyntax },
  formulas: RuleFormulas,
  by?: readonly string[],
): { readonly group?: RuleGroup; readonly diagnostics: readonly Diagnostic[] } {
  const context = contextOf(rule, formulas, by);
  try {
    if (rule.noData === "alert") throw new NotInPromql("no_data: alert", rule.threshold.span);
    const alerts = rule.threshold.levels.map(({ level }) => alertOf(context, rule, formulas, level));
    const used = alerts.map(({ expr }) => expr).join("\n");
    const records = [...context.metrics.values()]
      .filter(({ name }) => used.includes(`bpfwarden:${name.replace(/^bpfwarden_/, "")}`))
      .flatMap((metric) => windowRules(context, metric))
      .filter(({ record }) => used.includes(record));
    return { group: { name: `bpfwarden-${rule.name.text}`, rules: [...records, ...alerts] }, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof NotInPromql)) throw error;
    return { diagnostics: [error.diagnostic] };
  }
}

function contextOf(rule: RuleSyntax, formulas: RuleFormulas, by: readonly string[] | undefined): PromqlContext {
  const own = valueMetrics(rule.name.text, formulas).filter(({ aggregate }) => aggregate !== undefined);
  const columns = rule.program.by.map(({ name }) => labelName(name.text));
  const shared =
    by === undefined ? ["rule", "job", "instance"] : ["rule", ...by.filter((label) => !columns.includes(label))];
  const remaining = by === undefined ? columns : columns.filter((column) => by.includes(column));
  return {
    metrics: new Map(own.map((metric) => [metric.value.name, metric])),
    lets: new Map(rule.let.map(({ name, expression }) => [name.text, expression])),
    ...{ windowMs: rule.windowMs, hasKeys: remaining.length > 0, offsetMs: 0, by, condition: translateCondition },
    ...{ shared, labels: [...shared, ...remaining] },
  };
}

function alertOf(
  context: PromqlContext,
  rule: RuleSyntax & { readonly threshold: ThresholdSyntax },
  formulas: RuleFormulas,
  level: Level,
): AlertingRule {
  const found = formulas.levels.find((each) => each.level === level);
  if (found === undefined) throw new Error(`the rule has no level ${level}`);
  const { forMs, keepFiringMs, name } = rule;
  return {
    alert: name.text,
    expr: withoutBraces(expressionOf(context, rule, level)),
    ...(forMs > 0 && { for: promDuration(forMs) }),
    ...(keepFiringMs > 0 && { keep_firing_for: promDuration(keepFiringMs) }),
    labels: { ...rule.labels, severity: level },
    annotations: annotationsOf(rule, formulas, found),
  };
}

function expressionOf(
  context: PromqlContext,
  { threshold, name }: RuleSyntax & { readonly threshold: ThresholdSyntax },
  level: Level,
): string {
  const condition = threshold.levels.find((each) => each.level === level)?.condition;
  if (condition === undefined) throw new Error(`the rule has no level ${level}`);
  const holds = translateCondition(context, condition);
  const isLowest = threshold.levels[0]?.level === level;
  const stays = threshold.clear && isLowest ? stillHolds(context, threshold.clear, name.text) : undefined;
  const whole: Term = stays === undefined ? holds : { ...holds, text: `(${holds.text} or ${stays})` };
  if (threshold.when === undefined) return whole.text;
  const when = translateCondition(context, threshold.when);
  const match = when.over === whole.over ? "" : ` on(${context.shared.join(", ")})`;
  return `${whole.text} and${match} ${when.text}`;
}

/** Returns the keys that fire and are not clear: Prometheus keeps what fires in ALERTS. */
function stillHolds(context: PromqlContext, clear: Parameters<typeof translateCondition>[1], alert: string): string {
  const { text } = translateCondition(context, clear, true);
  return `(${text} and on(${context.labels.join(", ")}) ALERTS{alertname="${alert}",alertstate="firing"})`;
}

/** Removes braces around all of an expression. */
function withoutBraces(text: string): string {
  if (!text.startsWith("(")) return text;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    depth += text[at] === "(" ? 1 : text[at] === ")" ? -1 : 0;
    if (depth === 0) return at === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}
