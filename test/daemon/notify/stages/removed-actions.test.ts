import assert from "node:assert/strict";
import { test } from "node:test";
import { removedActions } from "../../../../daemon/notify/stages/removed-actions.ts";
import { Simulation } from "../pipeline-fixture.ts";

test("names actions that were notified of open alerts and are no longer in the settings", () => {
  const simulation = new Simulation();
  simulation.tick("a b");
  const { state } = simulation.pipeline;
  assert.deepEqual([...removedActions(state, new Set(["hook"]))], []);
  assert.deepEqual([...removedActions(state, new Set(["other"]))], [["hook", 2]]);
});
