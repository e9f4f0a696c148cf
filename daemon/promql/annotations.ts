import type { LevelCondition, RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import type { ShownUnit } from "../evaluate/formula/shown-unit.ts";
import { labelName } from "../metrics/metric-name.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { durationText } from "../text/duration-text.ts";

/** Prometheus' functions for a number in a unit: prometheus/docs, template_reference. */
const HUMANIZE: Readonly<Record<ShownUnit, string>> = {
  number: "humanize",
  ratio: "humanizePercentage",
  bytes: "humanize1024",
  nanoseconds: "humanizeDuration",
  number_per_second: "humanize",
  bytes_per_second: "humanize1024",
  nanoseconds_per_second: "humanize",
};

/** Returns the annotations of an alert of one level. */
export function annotationsOf(
  rule: RuleSyntax,
  formulas: RuleFormulas,
  level: LevelCondition,
): Readonly<Record<string, string>> {
  return {
    summary: summaryOf(rule, formulas, level),
    ...(rule.description !== undefined && { description: plain(rule.description.trim()) }),
    ...(rule.runbook !== undefined && { runbook_url: plain(rule.runbook) }),
  };
}

/**
 * Returns the rule's summary as a template of Prometheus. A summary that uses more than the labels
 * and the value that is compared is replaced by the words of the condition.
 */
function summaryOf(rule: RuleSyntax, formulas: RuleFormulas, { level, comparisons, words }: LevelCondition): string {
  const judged = formulas.judged[comparisons[0]?.quantity ?? 0];
  const value = judged && `{{ $value | ${HUMANIZE[judged.unit]} }}`;
  const fallback = `${plain(rule.name.text)}: ${plain(words.text)}${value === undefined ? "" : ` (${value})`}`;
  const template = rule.summary?.text;
  if (template === undefined || template.includes("{%")) return fallback;
  const measured = judged?.measure && `${judged.measure.histogram}.${judged.measure.name}`;
  const known = (name: string): string | undefined => {
    if (name === judged?.text || name === measured) return value;
    if (name.startsWith("labels.")) return `{{ $labels.${labelName(name.slice("labels.".length))} }}`;
    return { window: durationText(rule.windowMs * 1e6), rule: rule.name.text, level, severity: level }[name];
  };
  let isKnown = true;
  const text = template.replaceAll(/\{\{-?([^{}]*)\}\}/g, (_, inner: string) => {
    const meant = known(inner.replace(/-$/, "").trim());
    isKnown &&= meant !== undefined;
    return meant ?? "";
  });
  return isKnown ? text : fallback;
}

/** Keeps Prometheus from reading a text as a template. */
const plain = (text: string): string => text.replaceAll("{{", '{{ "{{" }}');
