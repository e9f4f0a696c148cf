import assert from "node:assert/strict";
import { test } from "node:test";
import { ruleSummary } from "../../../daemon/api/rule-report.ts";
import type { RuleSummary } from "../../../daemon/api/status-report.ts";
import { valuesText } from "../../../daemon/api/values-text.ts";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { currentConfidence, evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { judgedMeasures } from "../../../daemon/evaluate/formula/judged-quantity.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { trialRule } from "../../../daemon/try/trial-rule.ts";
import { valueColumns } from "../../../daemon/try/value-columns.ts";
import { formulasOf, ruleSyntax, sampleAt, stateOf, type TestRule } from "../evaluate/rule-for-tests.ts";

/** Returns the entry of `status` for a rule after one tick. */
function summaryOf(rule: TestRule, rows: readonly SampleRow[]): RuleSummary {
  const state = stateOf(rule);
  evaluateRule(state, sampleAt(1, rows), { unixMs: 0, tickMs: 1000 });
  const { formulas } = state.plan;
  return ruleSummary({
    ...{
      name: "test",
      path: "test.yaml",
      rule: ruleSyntax(rule),
      threshold: {},
      degraded: undefined,
      notFollowed: [],
      seriesLeftOut: 0,
      ...{ probes: [], tracepoints: [] },
    },
    durations: formulas.values.flatMap(({ name, unit }) => (unit === "duration" ? [name] : [])),
    measures: judgedMeasures(formulas.judged),
    views: () => alertViews(state),
    cost: { kernelBytes: 0 },
    confidence: currentConfidence(state),
  });
}

const shown = (rule: TestRule, rows: readonly SampleRow[]): string => {
  const { values, labels = {}, ...rest } = summaryOf(rule, rows);
  return `${labels["comm"]} ${valuesText(values, rest)}`;
};

const slow: TestRule = { by: ["comm"], aggregates: { value: ["histogram", "duration"] } };
/** Bucket and count: 208 is 285 ms, 160 is 4.46 ms. */
const rows: readonly SampleRow[] = [
  { labels: { comm: "busy" }, values: [[160, 90, 161, 400]] },
  { labels: { comm: "slow" }, values: [[160, 90, 208, 9]] },
];

test("status shows the measure of a histogram that the threshold compares, for the worst key", () => {
  assert.equal(shown({ ...slow, threshold: "p95(value) > 10s" }, rows), "slow value p95 285ms, count 99");
  assert.equal(shown({ ...slow, threshold: "p50(value) > 10s" }, rows), "busy value p50 4.98ms, count 490");
  assert.equal(shown({ ...slow, threshold: "count(value) > 1000" }, rows), "busy value p99 4.98ms, count 490");
  const both = { warning: "p90(value) > 10s", critical: "p999(value) > 20s" };
  assert.equal(shown({ ...slow, threshold: both }, rows), "busy value p90 4.98ms, p999 4.98ms, count 490");
});

test("with a threshold for low values, the lowest is the worst", () => {
  const rule: TestRule = { by: ["comm"], threshold: { warning: "value < 0", when: "value > 0" } };
  const counted = (comm: string, count: number): SampleRow => ({ labels: { comm }, values: [[count]] });
  assert.equal(shown(rule, [counted("many", 9), counted("few", 2)]), "few value 2");
});

test("a trial shows and sorts by the measure that the threshold compares", () => {
  const titles = (threshold: string): readonly string[] => {
    const rule = { ...slow, threshold };
    return valueColumns(trialRule(ruleSyntax(rule), formulasOf(rule))).map(({ title }) => title);
  };
  assert.deepEqual(titles("p95(value) > 10ms"), ["p95", "p50", "count"]);
  assert.deepEqual(titles("p50(value) > 10ms"), ["p50", "count"]);
  assert.deepEqual(titles("rate(value) > 10"), ["p99", "p50", "count"]);
});
