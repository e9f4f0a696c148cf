import type { LinearSteps } from "../../bpf/check/checked-program.ts";
import type { Confidence } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import type { NamedValue, RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import { judgedMeasures } from "../evaluate/formula/judged-quantity.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** What is shown of a rule and does not change while it runs. */
export interface TrialRule {
  readonly name: string;
  readonly windowMs: number;
  /** the names in `by` */
  readonly keys: readonly string[];
  /** what keys are sorted by first, then the others in the rule's order; none where it only records */
  readonly values: readonly NamedValue[];
  /** what thresholds ask of histograms, by name of the value: `p95` */
  readonly measures: Readonly<Record<string, readonly string[]>>;
  /** of linear_histogram, by name of the value */
  readonly steps: ReadonlyMap<string, LinearSteps>;
  readonly hasThreshold: boolean;
  readonly hasRecords: boolean;
}

export function trialRule(rule: RuleSyntax, formulas: RuleFormulas): TrialRule {
  return {
    name: rule.name.text,
    windowMs: rule.windowMs,
    keys: rule.program.by.map(({ name }) => name.text),
    values: byImportance(formulas.values),
    measures: judgedMeasures(formulas.judged),
    steps: new Map(
      formulas.aggregates.flatMap(({ name, steps }) => (steps === undefined ? [] : [[name, steps] as const])),
    ),
    hasThreshold: formulas.levels.length > 0,
    hasRecords: rule.program.event !== undefined,
  };
}

/** A rule derives values with `let` because these are what it is about. */
function byImportance(values: readonly NamedValue[]): readonly NamedValue[] {
  const first = values.find(({ name, from }) => name !== "value" && from === "cell") ?? values[0];
  return first === undefined ? [] : [first, ...values.filter((value) => value !== first)];
}

/** A rule as a tick left it. */
export interface TrialSample {
  readonly rule: TrialRule;
  /** in no order */
  readonly views: readonly AlertView[];
  readonly confidence: Confidence;
  /** why what it counts cannot be trusted now */
  readonly degraded?: string;
  /** records since the start */
  readonly records: number;
}
