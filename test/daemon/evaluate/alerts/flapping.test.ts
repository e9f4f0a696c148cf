import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews, closeRule } from "../../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../../daemon/evaluate/rule-state.ts";
import { row, sampleAt, stateOf, type TestRule } from "../rule-for-tests.ts";

const SETTLES_S = 900;

/**
 * An alert that fires for a minute and is quiet for two, until `untilS`; then quiet. Gives the
 * events with their seconds.
 */
function upAndDown(state: RuleState, untilS: number, endS: number): readonly string[] {
  return Array.from({ length: endS }, (_, index) => index + 1).flatMap((at) => {
    const counted = at < untilS && at % 180 < 60 ? 9 : 0;
    const events = evaluateRule(state, sampleAt(at, [row([counted])]), { unixMs: 1000 * at, tickMs: 1000 });
    return events.map(({ rule, status }) => `${at} ${rule} ${status}`);
  });
}

const RULE: TestRule = { threshold: "value > 5" };

test("an alert that fires repeatedly is notified once as flapping, and once when it has settled", () => {
  const told = upAndDown(stateOf(RULE), 3600, 6000);
  const lastQuietS = 3480;
  assert.deepEqual(told, [
    "1 test firing",
    "60 test resolved",
    "180 test firing",
    "240 test resolved",
    "360 test firing",
    "420 test resolved",
    "540 test firing",
    "540 BpfwardenAlertFlaps firing",
    `${lastQuietS + SETTLES_S} test resolved`,
    `${lastQuietS + SETTLES_S} BpfwardenAlertFlaps resolved`,
  ]);
});

test("three times within a quarter of an hour, or four times in a longer time, is not flapping", () => {
  assert.ok(!upAndDown(stateOf(RULE), 500, 3000).some((told) => told.includes("Flaps")));
  const state = stateOf(RULE);
  const slowly = Array.from({ length: 6 }, (_, round) => 600 * round + 1).flatMap((at) =>
    [9, 0].flatMap((counted, index) =>
      evaluateRule(state, sampleAt(at + index, [row([counted])]), { unixMs: 0, tickMs: 1000 }).map(({ rule }) => rule),
    ),
  );
  assert.ok(!slowly.includes("BpfwardenAlertFlaps"), slowly.join());
});

test("while it flaps, its state says how far it is from settling; without data nothing ends", () => {
  const state = stateOf({ threshold: { warning: "value > 5", when: "value >= 0" } });
  upAndDown(state, 601, 700);
  const view = alertViews(state)[0];
  assert.equal(view?.state, "firing");
  assert.match(view.reason, /no longer holds for 1m40s of the time that flapping takes to settle, 15m$/);
  const events = evaluateRule(state, sampleAt(701, [row([0])]), { unixMs: 0, tickMs: 1000, degraded: "detached" });
  assert.deepEqual(
    events.map(({ rule }) => rule),
    ["BpfwardenRuleDegraded"],
  );
});

test("a rule that goes away while one of its alerts flaps ends both", () => {
  const state = stateOf(RULE);
  upAndDown(state, 601, 700);
  assert.deepEqual(
    closeRule(state, 0, "the rule was removed").map(({ rule, status }) => `${rule} ${status}`),
    ["test resolved", "BpfwardenAlertFlaps resolved"],
  );
});
