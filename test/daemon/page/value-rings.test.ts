import assert from "node:assert/strict";
import { test } from "node:test";
import { HeatMaps } from "../../../daemon/page/heat-maps.ts";
import { ValueRings } from "../../../daemon/page/value-rings.ts";
import { bucketOf } from "../../../bpf/compile/buckets.ts";
import { viewsOf } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { worstKeys } from "../../../daemon/evaluate/alerts/worst-keys.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { ruleReport } from "../../../daemon/api/rule-report.ts";
import type { RuleStatus } from "../../../daemon/api/rule-status.ts";
import { sampleAt, stateOf } from "../evaluate/rule-for-tests.ts";

const START = 1_700_000_000_000;

/** The state of a rule after one tick with a count for each command. */
function counted(state: RuleState, second: number, counts: Readonly<Record<string, number>>): RuleState {
  const rows = Object.entries(counts).map(([comm, count]) => ({ labels: { comm }, values: [[count]] }));
  evaluateRule(state, sampleAt(second, rows), { unixMs: START + 1000 * second, tickMs: 1000 });
  return state;
}

const ruleOf = (threshold: string): RuleState =>
  stateOf({ aggregates: { value: "count" }, threshold, by: ["comm"], window: 1 });

test("a chart has the worst key's value each ten seconds, the limit, and gaps", () => {
  const rings = new ValueRings();
  const state = ruleOf("value > 5");
  rings.sample([{ name: "r", state: counted(state, 1, { a: 3, b: 7 }) }], START);
  rings.sample([{ name: "r", state: counted(state, 2, { a: 9, b: 1 }) }], START + 10_000);
  rings.sample([{ name: "r", state: counted(state, 3, { a: 2 }) }], START + 40_000);
  const [chart] = rings.charts();
  assert.deepEqual(chart?.points, [7, 9, null, null, 2]);
  assert.deepEqual([chart.highest, chart.lowest, chart.toUnixMs], ["9", "2", START + 40_000]);
  assert.deepEqual(chart.limits, [{ level: "warning", value: 5, text: "5" }]);
  rings.sample([], START + 50_000);
  assert.deepEqual(rings.charts(), []);
});

test("a chart has an hour at most", () => {
  const rings = new ValueRings();
  const state = counted(ruleOf("value > 5"), 1, { a: 1 });
  for (let n = 0; n < 400; n++) rings.sample([{ name: "r", state }], START + n * 10_000);
  assert.equal(rings.charts()[0]?.points.length, 360);
});

test("low values are the worst where low values are bad", () => {
  const rings = new ValueRings();
  const state = counted(ruleOf("value < 5 and value > 0"), 1, { a: 3, b: 7 });
  rings.sample([{ name: "r", state }], START);
  assert.deepEqual(rings.charts()[0]?.points, [3]);
});

test("the worst keys are in the order of the status command", () => {
  const state = counted(ruleOf("value > 5"), 1, { a: 3, b: 7, c: 9, d: 4 });
  const status = { rule: state.plan.rule, threshold: {}, tracepoints: [], probes: [], notFollowed: [] };
  const all = { ...status, views: () => viewsOf(state, state.keys.values()) } as unknown as RuleStatus;
  const expected = ruleReport(all, [], []).alerts.map(({ labels }) => labels["comm"]);
  const { keys, counts } = worstKeys(state, 3);
  assert.deepEqual(
    keys.map(({ labels }) => labels["comm"]),
    expected.slice(0, 3),
  );
  assert.deepEqual([counts.firing, counts.ok], [2, 2]);
});

test("a heat map has a row for each half of a power of two", () => {
  const maps = new HeatMaps();
  const state = stateOf({ aggregates: { value: "histogram" }, threshold: "p99(value) > 1000000" });
  const buckets = [4n, 4n, 700n].flatMap((value) => [bucketOf({ signed: false }, value), 1]);
  evaluateRule(state, sampleAt(1, [{ labels: {}, values: [buckets] }]), { unixMs: START, tickMs: 1000 });
  maps.sample([{ name: "r", state }], START);
  const heat = maps.heat("r");
  assert.equal(heat?.rows[0], "4");
  const [column = []] = heat.columns;
  assert.deepEqual(column.slice(0, 2), [0, 2]);
  assert.deepEqual([heat.rows[column[2] ?? 0], column[3]], ["512", 1]);
  assert.equal(maps.heat("other"), undefined);
});
