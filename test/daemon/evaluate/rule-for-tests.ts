import type { AggregateFunction } from "../../../bpf/check/aggregate-functions.ts";
import type { Aggregate, LinearSteps } from "../../../bpf/check/checked-program.ts";
import type { Meaning } from "../../../bpf/check/type.ts";
import { INTERPRETED_HOST } from "../../../bpf/interpret/interpret.ts";
import type { Expression } from "../../../bpf/language/expression.ts";
import { parseExpression, wholeText } from "../../../bpf/language/parse-expression.ts";
import type { Spelled } from "../../../bpf/language/program-syntax.ts";
import type { Span } from "../../../bpf/source/source.ts";
import { checkFormulas, type RuleFormulas } from "../../../daemon/evaluate/formula/check-formulas.ts";
import { createRuleState, type RenderSummary, type RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { Level, RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";
import type { Sample, SampleRow } from "../../../daemon/sample/sample.ts";

/** A rule in as few words as a test needs; times in seconds. */
export interface TestRule {
  /** name → function, with its unit where it is a duration, or that its values may be negative */
  readonly aggregates?: Readonly<
    Record<string, AggregateFunction | readonly [AggregateFunction, "duration" | "signed"]>
  >;
  /** of linear_histograms, by name */
  readonly steps?: Readonly<Record<string, LinearSteps>>;
  readonly by?: readonly string[];
  readonly keyLimit?: number;
  readonly let?: Readonly<Record<string, string>>;
  readonly threshold?: string | Readonly<Partial<Record<Level | "clear" | "when", string>>>;
  readonly window?: number;
  readonly for?: number;
  readonly keepFiring?: number;
  readonly noData?: "keep" | "ok" | "alert";
  readonly summary?: string;
}

const LEVELS = ["info", "warning", "critical"] as const;
const NOWHERE: Span = { source: { path: "test.yaml", text: "" }, start: 0, end: 0 };

export function spelled(text: string): Spelled {
  return { text, span: NOWHERE };
}

export function parse(text: string): Expression {
  const { result, diagnostics } = parseExpression(wholeText({ path: "test.yaml", text }));
  if (result === undefined) throw new Error(`${text}: ${diagnostics[0]?.message ?? "does not parse"}`);
  return result;
}

export function ruleSyntax(rule: TestRule): RuleSyntax {
  const { threshold } = rule;
  const parts = typeof threshold === "string" ? { warning: threshold } : threshold;
  const levels = LEVELS.flatMap((level) => {
    const text = parts?.[level];
    return text === undefined ? [] : [{ level, condition: parse(text) }];
  });
  return {
    name: spelled("test"),
    source: NOWHERE.source,
    span: NOWHERE,
    labels: { team: "tests" },
    program: {
      rule: spelled("test"),
      signals: [],
      by: (rule.by ?? []).map((name) => ({ name: spelled(name), expression: parse(name) })),
      leavesOutSelf: false,
      keyLimit: rule.keyLimit ?? 10_000,
      keyWindowMs: 60_000,
      ringBytes: 0,
      spanLimit: 10_240,
    },
    windowMs: 1000 * (rule.window ?? 1),
    let: Object.entries(rule.let ?? {}).map(([name, text]) => ({ name: spelled(name), expression: parse(text) })),
    ...(parts && {
      threshold: {
        levels,
        ...(parts.clear !== undefined && { clear: parse(parts.clear) }),
        ...(parts.when !== undefined && { when: parse(parts.when) }),
        span: NOWHERE,
      },
    }),
    forMs: 1000 * (rule.for ?? 0),
    keepFiringMs: 1000 * (rule.keepFiring ?? 0),
    ...(rule.noData !== undefined && { noData: rule.noData }),
    actions: [],
    evidence: 0,
    ...(rule.summary !== undefined && { summary: spelled(rule.summary) }),
  };
}

export function aggregatesOf(rule: TestRule): readonly Aggregate[] {
  return Object.entries(rule.aggregates ?? { value: "count" }).map(([name, spec]) => {
    const [kind, unit] = typeof spec === "string" ? [spec, "plain" as const] : spec;
    const meaning: Meaning = { kind: unit === "signed" ? "plain" : unit };
    const steps = rule.steps?.[name];
    const signed = unit === "signed";
    return { name, signal: name, function: kind, signed, meaning, ...(steps && { steps }), span: NOWHERE };
  });
}

/** The diagnostics of a rule, as `code: message`. */
export function faults(rule: TestRule): readonly string[] {
  return checkFormulas(ruleSyntax(rule), aggregatesOf(rule), INTERPRETED_HOST).diagnostics.map(
    ({ code, message }) => `${code}: ${message}`,
  );
}

export function formulasOf(rule: TestRule): RuleFormulas {
  const { result, diagnostics } = checkFormulas(ruleSyntax(rule), aggregatesOf(rule), INTERPRETED_HOST);
  if (result === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return result;
}

export function stateOf(rule: TestRule, render: RenderSummary = (template) => template): RuleState {
  return createRuleState({ rule: ruleSyntax(rule), formulas: formulasOf(rule), render });
}

const HEALTH = {
  matched: 0,
  emitted: 0,
  lost_ring: 0,
  lost_keys: 0,
  faulted: 0,
  orphaned: 0,
  lost_scratch: 0,
  reserved: 0,
  left_out: 0,
  lost_spans: 0,
  lost_busy: 0,
  unknown: 0,
  runs: 0,
  missed_returns: 0,
} as const;

/** Returns the counts of the tick that ended at second `at`. */
export function sampleAt(
  at: number,
  rows: readonly SampleRow[],
  health: Partial<Sample["health"]> = {},
  intervalMs = 1000,
): Sample {
  return { rule: "test", atMs: 1000 * at, intervalMs, rows, health: { ...HEALTH, ...health } };
}

/** A row of a rule without `by`. */
export function row(...values: SampleRow["values"]): SampleRow {
  return { labels: {}, values };
}
