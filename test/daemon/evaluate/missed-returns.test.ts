import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { row, sampleAt, stateOf } from "./rule-for-tests.ts";

test("returns that were missed make a rule degraded, and nothing ends while the window holds them", () => {
  const state = stateOf({ threshold: "value > 5", window: 2 });
  const ticks = [{ matched: 100 }, { matched: 64, missed_returns: 36 }, {}, {}, {}];
  const seen = ticks.map((health, at) => {
    const rows = health.matched === undefined ? [] : [row([at === 0 ? 9 : 0])];
    const events = evaluateRule(state, sampleAt(at + 1, rows, health), { unixMs: 0, tickMs: 1000 });
    return [events.map(({ rule, status }) => `${rule} ${status}`), alertViews(state)[0]?.confidence.lostEvents];
  });
  assert.deepEqual(seen, [
    [["test firing"], 0],
    [["BpfwardenRuleDegraded firing"], 36],
    [[], 36],
    [["test resolved", "BpfwardenRuleDegraded resolved"], 0],
    [[], 0],
  ]);
});
