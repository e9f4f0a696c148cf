import type { LinearSteps } from "../../bpf/check/checked-program.ts";
import type { Confidence } from "../evaluate/alerts/alert.ts";
import type { AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import type { NamedValue, RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import { judgedMeasures } from "../evaluate/formula/judged-quantity.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** The shown properties of a rule that do not change while it runs. */
export interface TrialRule {
  readonly name: string;
  readonly windowMs: number;
  /** the names in `by` */
  readonly keys: readonly string[];
  /** the sort value first, then the others in the rule's order; empty if the rule only records */
  readonly values: readonly NamedValue[];
  /** the measures of histograms in thresholds, by name of the value: `p95` */
  readonly measures: Readonly<Record<string, readonly string[]>>;
  /** the steps of linear_histogram, by name of the value */
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

/** Puts the first value of `let` first: a rule derives values because they are its subject. */
function byImportance(values: readonly NamedValue[]): readonly NamedValue[] {
  const first = values.find(({ name, from }) => name !== "value" && from === "cell") ?? values[0];
  return first === undefined ? [] : [first, ...values.filter((value) => value !== first)];
}

/** A rule after a tick. */
export interface TrialSample {
  readonly rule: TrialRule;
  /** unordered */
  readonly views: readonly AlertView[];
  readonly confidence: Confidence;
  /** why its counts cannot be trusted now */
  readonly degraded?: string;
  /** the number of records since the start */
  readonly records: number;
}
