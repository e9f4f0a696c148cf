import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { createRuleState, type RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { restoreAlerts, saveAlerts } from "../../../daemon/evaluate/saved/saved-alerts.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

const slow: TestRule = { aggregates: { value: "avg" }, by: ["comm"], window: 3, threshold: "value > 20" };
const seen = (comm: string, total: number, count = 1): SampleRow => ({ labels: { comm }, values: [[total, count]] });

/** Returns the events of each tick from `from` on, each with the state of the key a after it. */
function play(state: RuleState, from: number, ticks: readonly (readonly SampleRow[])[]): readonly string[] {
  return ticks.map((rows, index) => {
    const events = evaluateRule(state, sampleAt(from + index, rows), { unixMs: 0, tickMs: 1000 });
    const view = alertViews(state).find(({ labels }) => labels["comm"] === "a");
    return [...events.map(({ status, reason }) => `${status}: ${reason}`), view?.state ?? "forgotten"].join(" > ");
  });
}

const gone = ["firing", "firing", "resolved: no data for 3s > ok"];

test("the alert of a key without data for a whole window ends", () => {
  const lines = play(stateOf(slow), 1, [[seen("b", 1)], [], [seen("a", 30)], [], [], []]);
  assert.equal(lines[2]?.endsWith(" > firing"), true);
  assert.deepEqual(lines.slice(3), gone);
});

test("the alert is kept if the rule says so, and ends if no data is an alert of its own", () => {
  const of = (noData: "keep" | "alert"): readonly string[] =>
    play(stateOf({ ...slow, noData }), 1, [[], [], [seen("a", 30)], [], [], [], []]).slice(3);
  assert.deepEqual(of("keep"), ["firing", "firing", "firing", "firing"]);
  assert.match(of("alert")[2] ?? "", /^resolved: no data for 3s > firing: no data: .* > ok$/);
});

test("a rule without by keeps its alert", () => {
  const rule: TestRule = { aggregates: { value: "avg" }, window: 2, threshold: "value > 20" };
  const state = stateOf(rule);
  const states = [30, 0, 0, 0, 0].map((value, index) => {
    const rows = value === 0 ? [] : [{ labels: {}, values: [[value, 1]] }];
    evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 });
    return alertViews(state)[0]?.state;
  });
  assert.deepEqual(states, ["firing", "firing", "firing", "firing", "firing"]);
});

test("a pending alert is forgotten with its key", () => {
  const lines = play(stateOf({ ...slow, for: 30 }), 1, [[], [], [seen("a", 30)], [], [], []]);
  assert.deepEqual(lines.slice(2), ["pending", "pending", "pending", "forgotten"]);
});

test("keep_firing counts from when the data ended", () => {
  const lines = play(stateOf({ ...slow, keepFiring: 2 }), 1, [[], [], [seen("a", 30)], [], [], [], [], []]);
  assert.deepEqual(lines.slice(5), ["firing", "firing", "resolved: no data for 3s > ok"]);
});

test("a key with little data ends after it could not be judged for a whole window", () => {
  const threshold = { when: "count > 1", warning: "value > 20" };
  const state = stateOf({ ...slow, aggregates: { value: "avg", count: "count" }, window: 2, threshold });
  const rows = (count: number): readonly SampleRow[] => [
    { labels: { comm: "a" }, values: [[30 * count, count], [count]] },
  ];
  const little = [0, 1, 0, 1, 0, 1].map((count) => (count === 0 ? [] : rows(count)));
  const lines = play(state, 1, [[], rows(3), ...little]);
  assert.match(lines[1] ?? "", /firing$/);
  assert.match(lines.slice(2).join("\n"), /resolved: no data for 2s: .*count 1 > 1.* does not hold > ok/);
});

test("a key without data does not fire because of the counts of others", () => {
  const count = (comm: string, value: number): SampleRow => ({ labels: { comm }, values: [[value]] });
  const state = stateOf({ by: ["comm"], window: 2, threshold: "total(value) > 5" });
  const lines = play(state, 1, [[], [count("a", 9)], [count("b", 9)], [count("b", 9)]]);
  assert.match(lines[1] ?? "", /firing$/);
  assert.match(lines[3] ?? "", /resolved: no data for 2s/);
});

test("a key whose process ended while the daemon did not run ends a whole window after the start", () => {
  const before = stateOf(slow);
  play(before, 1, [[], [], [seen("a", 30)]]);
  const at = { bootId: "boot", bootMs: 3000, unixMs: 3000 };
  const after = createRuleState(before.plan);
  restoreAlerts(after, saveAlerts(before, at), { bootId: "boot", bootMs: 60_000, unixMs: 60_000 });
  assert.deepEqual(play(after, 61, [[], [], []]), gone);
});
