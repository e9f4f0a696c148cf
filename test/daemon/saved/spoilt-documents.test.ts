import assert from "node:assert/strict";
import { test } from "node:test";
import type { Encoded } from "../../../daemon/evaluate/saved/json-values.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { alertViews, firingEvents } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { restoreAlerts, saveAlerts, type SavedAlerts } from "../../../daemon/evaluate/saved/saved-alerts.ts";
import { restoreWindows, saveWindows, type SavedWindows } from "../../../daemon/evaluate/saved/saved-windows.ts";
import { timeText } from "../../../daemon/text/time-text.ts";
import {
  restoreAlert,
  restorePipeline,
  saveAlert,
  savePipeline,
} from "../../../daemon/notify/stages/saved-pipeline.ts";
import type { SavedPipeline } from "../../../daemon/notify/stages/saved-pipeline.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { SILENCES } from "../../../daemon/state/silence-book.ts";
import { sampleAt, stateOf } from "../evaluate/rule-for-tests.ts";
import { Simulation } from "../notify/pipeline-fixture.ts";
import { mutationsOf } from "./mutations.ts";

const AT = { bootId: "boot", bootMs: 20_000, unixMs: 1_764_000_000_000 };

/**
 * Counts what was refused and what was of use all the same; fails where something that was taken
 * does harm.
 */
function tryAll(saved: unknown, use: (spoilt: unknown) => () => void): void {
  const counts = { refused: 0, taken: 0 };
  for (const { place, value } of mutationsOf(JSON.parse(JSON.stringify(saved)))) {
    let goOn: () => void;
    try {
      goOn = use(value);
    } catch {
      counts.refused++;
      continue;
    }
    try {
      goOn();
      counts.taken++;
    } catch (error) {
      assert.fail(`taken with ${place} = ${JSON.stringify(value).slice(0, 400)}, and then: ${String(error)}`);
    }
  }
  assert.ok(counts.refused > 20, JSON.stringify(counts));
}

const RULE = {
  aggregates: { calls: "count", mean: "avg", low: "min", now: "last", spread: "histogram", kinds: "distinct" },
  by: ["comm"],
  let: { usual: "mean(calls, 1h)" },
  threshold: { warning: "calls > 2", critical: "calls > 100" },
  window: 10,
  for: 1,
} as const;

const ROWS: readonly SampleRow[] = ["a", "b"].map((comm) => ({
  labels: { comm },
  values: [[5], [10, 2], [3, 1], [7, 1_000_000_000], [3, 2, 5, 1], [17, 33]],
}));

function watched(): RuleState {
  const state = stateOf(RULE);
  for (let second = 1; second <= 20; second++) goOn(state, second);
  return state;
}

function goOn(state: RuleState, second: number): void {
  evaluateRule(state, sampleAt(second, ROWS), {
    unixMs: AT.unixMs + second * 1000,
    tickMs: 1000,
  });
}

function look(state: RuleState): void {
  for (let second = 21; second <= 40; second++) goOn(state, second);
  const events = JSON.stringify([alertViews(state), firingEvents(state)], (_name, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  assert.ok(events.length > 0);
  for (const { startsAtUnixMs } of alertViews(state)) if (startsAtUnixMs !== undefined) timeText(startsAtUnixMs);
}

test("corrupt alerts of a rule are refused, or do no harm", () => {
  tryAll(saveAlerts(watched(), AT), (spoilt) => {
    const state = stateOf(RULE);
    restoreAlerts(state, spoilt as SavedAlerts, AT);
    return () => look(state);
  });
});

test("corrupt counts of a rule are refused, or do no harm", () => {
  tryAll(saveWindows(watched(), AT), (spoilt) => {
    const state = stateOf(RULE);
    restoreWindows(state, spoilt as SavedWindows, AT);
    return () => look(state);
  });
});

function busy(): Simulation {
  const simulation = new Simulation();
  simulation.tick("a b", { level: "critical" });
  simulation.run(2000);
  simulation.tick("-a c", { lastValues: [1, undefined], topKeys: [{ labels: { key: "a" }, value: 3 }] });
  return simulation;
}

test("a corrupt pipeline is refused, or does no harm", () => {
  const { pipeline, now } = busy();
  const at = { bootId: "boot", bootMs: now.ms, unixMs: now.unixMs };
  tryAll(savePipeline(pipeline.state, at), (spoilt) => {
    const state = restorePipeline(spoilt as SavedPipeline, at);
    return () => {
      if (state === undefined) return;
      const next = new Simulation({}, state);
      next.tick("b d");
      next.run(120_000);
      next.tick("-b -c -d");
      next.run(120_000);
    };
  });
});

test("a corrupt alert of the pipeline is refused, or does no harm", () => {
  const [alert] = busy().pipeline.state.alerts.values();
  assert.ok(alert);
  tryAll(saveAlert(alert), (spoilt) => {
    const restored = restoreAlert(spoilt as Encoded);
    return () => {
      timeText(restored.event.startsAtUnixMs);
      const state = new Simulation().pipeline.state;
      state.alerts.set(restored.id, restored);
      const next = new Simulation({}, state);
      next.run(120_000);
      next.tick("-a -b -c");
      next.run(120_000);
    };
  });
});

test("corrupt silences are refused, or do no harm", () => {
  const matchers = [
    { name: "comm", operator: "=~", value: "a.*" },
    { name: "x", operator: "!=", value: "" },
  ];
  const silence = { id: "1", matchers, startsAtUnixMs: 0, endsAtUnixMs: AT.unixMs, author: "ada", comment: "" };
  tryAll([silence, silence], (spoilt) => {
    const silences = SILENCES.read(spoilt, 1);
    return () => {
      for (const { startsAtUnixMs, endsAtUnixMs } of silences ?? []) [startsAtUnixMs, endsAtUnixMs].map(timeText);
    };
  });
  assert.throws(() => SILENCES.read([{ ...silence, matchers: [{ ...matchers[0], value: "(" }] }], 1));
});
