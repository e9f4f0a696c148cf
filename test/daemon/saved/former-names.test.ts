import assert from "node:assert/strict";
import { test } from "node:test";
import { restoreAlerts, saveAlerts, type SavedAlerts } from "../../../daemon/evaluate/saved/saved-alerts.ts";
import { restorePipeline, savePipeline, type SavedPipeline } from "../../../daemon/notify/stages/saved-pipeline.ts";
import { stateOf } from "../evaluate/rule-for-tests.ts";
import { Simulation } from "../notify/pipeline-fixture.ts";

const AT = { bootId: "boot", bootMs: 20_000, unixMs: 1_764_000_000_000 };

/** The same document as an earlier release saved it. */
function formerly<Saved>(saved: Saved, formerNames: Readonly<Record<string, string>>): Saved {
  let text = JSON.stringify(saved);
  for (const [name, former] of Object.entries(formerNames)) {
    assert.ok(text.includes(`"${name}"`), name);
    text = text.replaceAll(`"${name}"`, `"${former}"`);
  }
  return JSON.parse(text) as Saved;
}

test("a rule's state with former names is read as it was", () => {
  const state = stateOf({ aggregates: { calls: "count" }, threshold: { warning: "calls > 2" } });
  state.reportedAtMs = 12_000;
  const saved: SavedAlerts = formerly(saveAlerts(state, AT), { reportedAtMs: "toldAtMs" });
  const restored = stateOf({ aggregates: { calls: "count" }, threshold: { warning: "calls > 2" } });
  restoreAlerts(restored, saved, AT);
  assert.equal(restored.reportedAtMs, 12_000);
});

test("an alert of the pipeline with former names is read as it was", () => {
  const simulation = new Simulation();
  simulation.tick("a", {}, ["mail"]);
  const names = { ruleActions: "named", notified: "heard", toNotify: "owed", endNotified: "knowing" };
  const saved: SavedPipeline = formerly(savePipeline(simulation.pipeline.state, AT), names);
  assert.deepEqual(restorePipeline(saved, AT), simulation.pipeline.state);
  assert.deepEqual([...simulation.pipeline.state.alerts.values()][0]?.ruleActions, ["mail"]);
});
