import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { row, sampleAt, stateOf } from "./rule-for-tests.ts";

/**
 * One tick: when it is, by the clock of windows, how long since the one before, and what it
 * counted. Times in seconds.
 */
interface Ticked {
  readonly at: number;
  readonly took?: number;
  readonly suspended?: number;
  readonly counted?: number;
  readonly unixMs?: number;
}

/** The events of a tick and what the one key is after it. */
function after(state: RuleState, { at, took = 1, suspended = 0, counted = 0, unixMs = 0 }: Ticked): readonly unknown[] {
  const moment = { unixMs, tickMs: 1000, suspendedMs: 1000 * suspended };
  const events = evaluateRule(state, sampleAt(at, [row([counted])], {}, 1000 * took), moment);
  const view = alertViews(state)[0];
  return [...events.map((event) => `${event.rule} ${event.status}`), view?.state, view?.values["value"]];
}

test("`for` has its remaining time left after a laptop slept for an hour", () => {
  const state = stateOf({ threshold: "value > 5", for: 3 });
  assert.deepEqual(after(state, { at: 1, counted: 9 }), ["pending", 9]);
  assert.deepEqual(after(state, { at: 2, counted: 9 }), ["pending", 9]);
  assert.deepEqual(after(state, { at: 3603, took: 3601, suspended: 3600, counted: 9 }), ["pending", 9]);
  assert.deepEqual(after(state, { at: 3604, counted: 9 }), ["test firing", "firing", 9]);
});

test("a daemon that was blocked for longer than the window does not judge the counts of that time", () => {
  const state = stateOf({ threshold: "value > 50", window: 2 });
  assert.deepEqual(after(state, { at: 1, counted: 9 }), ["ok", 9]);
  // ten a second, as before and after: a hundred in one tick is no spike
  assert.deepEqual(after(state, { at: 11, took: 10, counted: 100 }), ["BpfwardenRuleDegraded firing", "degraded", 20]);
  assert.deepEqual(after(state, { at: 12, counted: 10 }), ["ok", 10]);
  assert.deepEqual(after(state, { at: 13, counted: 60 }), [
    "test firing",
    "BpfwardenRuleDegraded resolved",
    "firing",
    70,
  ]);
});

test("the counts of a tick longer than the window fire if one of its windows must contain enough of them", () => {
  const state = stateOf({ threshold: "value > 50", window: 2 });
  // 255 within 10 seconds are more than 50 within two of them, however they were spread; 250 need
  // not be
  assert.deepEqual(after(state, { at: 10, took: 10, counted: 250 }), ["BpfwardenRuleDegraded firing", "degraded", 50]);
  assert.deepEqual(after(state, { at: 20, took: 10, counted: 255 }), ["test firing", "firing", 51]);
  // and does not end by a tick that may have missed it
  assert.deepEqual(after(state, { at: 30, took: 10, counted: 0 }), ["firing", 0]);
});

test("one event within a tick longer than the window fires a rule that waits for any", () => {
  const state = stateOf({ threshold: "value > 0", window: 2 });
  assert.deepEqual(after(state, { at: 4, took: 4, counted: 1 }), ["test firing", "firing", 0.5]);
  // two seconds of the four held the event, the whole of it: half of one is the least that
  // they have
  assert.equal(alertViews(state)[0]?.reason, "value at least 0.5 > 0");
});

test("a late tick does not end a firing alert, which ends after a whole window was seen again", () => {
  const state = stateOf({ threshold: "value > 5", window: 2 });
  assert.deepEqual(after(state, { at: 1, counted: 9 }), ["test firing", "firing", 9]);
  assert.deepEqual(after(state, { at: 6, took: 5, counted: 0 }), ["firing", 0]);
  assert.deepEqual(after(state, { at: 7, counted: 0 }), ["firing", 0]);
  assert.deepEqual(after(state, { at: 8, counted: 0 }), ["test resolved", "ok", 0]);
});

test("the wall clock set back or forward changes no timer", () => {
  const state = stateOf({ threshold: "value > 5", for: 2 });
  const day = 86_400_000;
  assert.deepEqual(after(state, { at: 1, counted: 9, unixMs: day }), ["pending", 9]);
  assert.deepEqual(after(state, { at: 2, counted: 9, unixMs: 0 }), ["pending", 9]);
  assert.deepEqual(after(state, { at: 3, counted: 9, unixMs: 9 * day }), ["test firing", "firing", 9]);
});

test("more than 1 % of lost keys is reported, and counted keys still fire", () => {
  const state = stateOf({ by: ["comm"], threshold: "value > 5" });
  const lost = (at: number, lost_keys: number): readonly string[] => {
    const rows = [{ labels: { comm: "a" }, values: [[9]] }];
    const events = evaluateRule(state, sampleAt(at, rows, { lost_keys, matched: 1000 }), { unixMs: 0, tickMs: 1000 });
    return events.map((event) => `${event.rule} ${event.status}`);
  };
  assert.deepEqual(lost(1, 10), ["test firing"]);
  assert.deepEqual(lost(2, 11), ["BpfwardenRuleDegraded firing"]);
  assert.deepEqual(lost(3, 0), ["BpfwardenRuleDegraded resolved"]);
});

test("a baseline says how much is missing until it has seen enough, and does not fire until then, not even for no data", () => {
  const threshold = "value > mean(value, 20s) + 4 * stddev(value, 20s)";
  const state = stateOf({ threshold, noData: "alert" });
  const reasons = Array.from({ length: 7 }, (_, index) => {
    const events = after(state, { at: index + 1, counted: index === 2 ? 1000 : 10 });
    return [events[0], alertViews(state)[0]?.reason];
  });
  assert.deepEqual(reasons[0], [
    "no_data",
    "no data: warming up: mean over 20s has seen 0 of the 5 windows that it needs",
  ]);
  assert.deepEqual(reasons[4], [
    "no_data",
    "no data: warming up: mean over 20s has seen 4 of the 5 windows that it needs",
  ]);
  assert.deepEqual(reasons[5]?.[0], "ok");
});

/** Returns the states after ticks at these seconds, all with the same count. */
function statesAt(state: RuleState, seconds: readonly number[], counted: number): readonly unknown[] {
  return seconds.map((at, index) => {
    const took = at - (seconds[index - 1] ?? at - 1);
    evaluateRule(state, sampleAt(at, [row([counted])], {}, 1000 * took), { unixMs: 0, tickMs: 1000 });
    return alertViews(state)[0]?.state;
  });
}

test("`for` and `keep_firing` of three seconds are three ticks, even if the ticks are a little early or late", () => {
  for (const early of [0.2, 0.005, 0, -0.005, -0.2]) {
    const state = stateOf({ threshold: "value > 5", for: 3, keepFiring: 3, window: 1 });
    assert.deepEqual(statesAt(state, [1, 2, 3, 4 - early], 9), ["pending", "pending", "pending", "firing"]);
    assert.deepEqual(statesAt(state, [5, 6, 7, 8 - early], 0), ["firing", "firing", "firing", "ok"]);
  }
});

test("`for` shorter than a tick is one tick", () => {
  const state = stateOf({ threshold: "value > 5", for: 0.1 });
  assert.deepEqual(statesAt(state, [1, 2], 9), ["pending", "firing"]);
});

test("a pending alert never says that its time has passed", () => {
  const state = stateOf({ threshold: "value > 5", for: 3 });
  for (const at of [1, 2, 3.499]) evaluateRule(state, sampleAt(at, [row([9])]), { unixMs: 0, tickMs: 1000 });
  const view = alertViews(state)[0];
  assert.deepEqual([view?.state, view?.reason], ["pending", "value 9 > 5 for 2.5s of 3s"]);
});
