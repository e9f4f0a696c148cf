import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeStates } from "../../../../daemon/notify/stages/merge-states.ts";
import { route, Simulation, type World } from "../pipeline-fixture.ts";

/** Merges both a minute after the start, when the earlier state can be read. */
function mergedAfter(earlier: Simulation, present: Simulation, world: World = {}): Simulation {
  present.nowMs = 60_000;
  const { state, gone } = mergeStates(earlier.pipeline.state, present.pipeline.state, present.now.unixMs);
  const both = new Simulation(world, state);
  both.nowMs = present.nowMs;
  assert.deepEqual(gone, []);
  return both;
}

test("alerts that an earlier process notified are not notified again, and their end is notified once", () => {
  const earlier = new Simulation();
  earlier.tick("a b");
  const present = new Simulation();
  present.nowMs = 30_000;
  present.take("c");
  present.take("a");
  present.step();
  const both = mergedAfter(earlier, present);
  assert.deepEqual(both.run(200_000), []);
  both.take("-a -b -c");
  assert.deepEqual(both.run(200_000), ["270s hook: -a! -b! -c! (all alerts resolved)"]);
  assert.equal(both.pipeline.state.alerts.size, 0);
});

test("an alert that both processes saw keeps the earlier start and the later values", () => {
  const earlier = new Simulation();
  earlier.tick("a", { level: "critical", values: { value: 1 } });
  const present = new Simulation();
  present.nowMs = 30_000;
  present.take("a", { level: "warning", values: { value: 2 } });
  const [alert] = mergedAfter(earlier, present).pipeline.state.alerts.values();
  assert.deepEqual(
    [alert?.event.startsAtUnixMs, alert?.event.values, alert?.event.level, alert?.peak],
    [earlier.now.unixMs, { value: 2 }, "warning", "critical"],
  );
  assert.deepEqual([...(alert?.notified.keys() ?? [])], ["hook"]);
});

test("an end that this process sent to one action is not sent to it again because of the other", () => {
  const root = route({ actions: ["hook", "log"] });
  const [earlier, present] = [new Simulation({ root }), new Simulation({ root })];
  for (const simulation of [earlier, present]) simulation.tick("a");
  present.nowMs = 1000;
  assert.deepEqual(present.tick("-a"), ["log: -a! (all alerts resolved)"]);
  assert.deepEqual(mergedAfter(earlier, present, { root }).run(200_000), ["61s hook: -a! (all alerts resolved)"]);
});

test("an end that was not notified counts if the alert fires again, and held-back changes are added", () => {
  const world: World = { budget: { rule: 0, action: 0 } };
  const [earlier, present] = [new Simulation(world), new Simulation(world)];
  for (const simulation of [earlier, present]) simulation.tick("a");
  earlier.take("-a");
  const both = mergedAfter(earlier, present, world);
  const { alerts, budget } = both.pipeline.state;
  const [alert] = alerts.values();
  assert.deepEqual(alert?.earlier, { times: 1, sinceUnixMs: earlier.now.unixMs });
  assert.equal(budget.suppressed.get("hook")?.get("rule"), 2);
});
