import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { randomNumbers } from "./random-numbers.ts";
import { sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

/** So many keys that some rest; each half of them is too few for that. */
const KEYS = Array.from({ length: 1200 }, (_, number) => `k${number}`);
const HALVES = [KEYS.slice(0, 600), KEYS.slice(600)];
/** Some keys count often, others once: most rest. */
const BUSY = 12;
const TICK_S = 10;

const RULES: readonly TestRule[] = [
  { threshold: { warning: "value > 3", critical: "value > 6" } },
  { threshold: { warning: "value > 3", critical: "value > 6", clear: "value < 2" }, for: 20, keepFiring: 20 },
  { threshold: { warning: "value < 4", when: "value > 1" }, noData: "ok" },
  { threshold: "value > 3", noData: "keep" },
  { threshold: "value > 3 and filled > 0.5" },
  { threshold: "delta(value) > 3" },
  { aggregates: { value: "max" }, threshold: { warning: "value > 3", critical: "value > 6" } },
];

/** Fields about other keys and earlier ticks, which a rule of many keys does not keep. */
const OF_OTHERS: readonly string[] = ["topKeys", "lastValues", "lastValuesFromUnixMs"];

const alone = (event: AlertEvent): object =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !OF_OTHERS.includes(name)));

function eventsOf(
  states: readonly RuleState[],
  tick: (state: RuleState, half: number) => readonly AlertEvent[],
): object {
  const events = states.flatMap(tick).filter(({ rule }) => rule !== "BpfwardenRuleDegraded");
  return events.map(alone).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const viewsOf = (states: readonly RuleState[]): object =>
  Object.fromEntries(states.flatMap(alertViews).map((view) => [view.labels["key"], view]));

for (const [index, rule] of RULES.entries()) {
  test(`keys that rest have the same results as keys that are judged each tick: ${JSON.stringify(rule)}`, () => {
    const random = randomNumbers(index + 1);
    const keyed = { ...rule, by: ["key"], window: 60 };
    const many = [stateOf(keyed)];
    const few = HALVES.map(() => stateOf(keyed));
    let atS = 0;
    for (let turn = 0; turn < 120; turn++) {
      const intervalS = random(15) === 0 ? TICK_S * (1 + random(5)) : TICK_S;
      atS += intervalS;
      const counted =
        turn === 0 || turn === 40 ? KEYS : Array.from({ length: random(4) }, () => KEYS[random(BUSY)] ?? "");
      const rows = [...new Set(counted)].map((key) => ({ labels: { key }, values: [[1 + random(5), 1]] }));
      const degraded = random(25) === 0 ? { degraded: "detached" } : {};
      const moment = { unixMs: atS * 1000, tickMs: TICK_S * 1000, ...degraded };
      const tick = (state: RuleState, half?: readonly string[]): readonly AlertEvent[] => {
        const own = half === undefined ? rows : rows.filter(({ labels }) => half.includes(labels.key));
        return evaluateRule(state, { ...sampleAt(atS, own), intervalMs: intervalS * 1000 }, moment);
      };
      assert.deepEqual(
        eventsOf(many, (state) => tick(state)),
        eventsOf(few, (state, half) => tick(state, HALVES[half])),
        `turn ${turn}`,
      );
      if (turn % 6 === 0) assert.deepEqual(viewsOf(many), viewsOf(few), `turn ${turn}`);
    }
  });
}

test("an unchanged key is judged if another key changed that its condition uses", () => {
  const state = stateOf({ by: ["key"], threshold: "value > 3 and keys(value) < 100", window: 60, for: 0 });
  const rowsAt = (atS: number): SampleRow[] => {
    if (atS === 10) return KEYS.slice(1).map((key) => ({ labels: { key }, values: [[1]] }));
    return atS === 40 ? [{ labels: { key: "k0" }, values: [[5]] }] : [];
  };
  const fired: number[] = [];
  for (let atS = 10; atS <= 80; atS += 10) {
    const sample = sampleAt(atS, rowsAt(atS), {}, 10_000);
    const events = evaluateRule(state, sample, { unixMs: 0, tickMs: 10_000 });
    if (events.some(({ labels, status }) => labels["key"] === "k0" && status === "firing")) fired.push(atS);
  }
  // The other keys leave the window with the tick at 10 s.
  assert.deepEqual(fired, [70]);
});
