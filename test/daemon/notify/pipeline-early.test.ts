import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { inhibit, route, Simulation } from "./pipeline-fixture.ts";

const logAndHook = route({ actions: ["log", "hook"] });

suite("alerts that were decided ahead of the tick", () => {
  test("go out at once, and those of the same tick do not wait for the group's interval", () => {
    const simulation = new Simulation();
    assert.deepEqual(simulation.early("a"), ["hook: a! (first notification)"]);
    simulation.nowMs += 10;
    assert.deepEqual(simulation.early("b"), []);
    simulation.nowMs += 900;
    assert.deepEqual(simulation.tick("c"), ["hook: b! c! a (new alerts in group)"]);
  });

  test("let the group's interval begin with the tick", () => {
    const simulation = new Simulation();
    simulation.early("a");
    simulation.nowMs += 900;
    assert.deepEqual(simulation.step(), []);
    assert.deepEqual(simulation.tick("b"), []);
    assert.deepEqual(simulation.early("c"), []);
    assert.deepEqual(simulation.run(62_000), ["60.9s hook: b! c! a (new alerts in group)"]);
  });

  test("are sent with what became worse, and the tick adds the rest", () => {
    const simulation = new Simulation();
    simulation.tick("a b");
    simulation.nowMs += 500;
    assert.deepEqual(simulation.early("a", { level: "critical" }), ["hook: a:critical! b (severity changed)"]);
    assert.deepEqual(simulation.early("c"), []);
    assert.deepEqual(simulation.tick("b", { level: "critical" }), [
      "hook: b:critical! c! a:critical (new alerts in group)",
    ]);
  });

  test("make one early message of a group, however many become worse before the tick", () => {
    const simulation = new Simulation();
    simulation.tick("a b c");
    const early = ["a", "b", "c"].flatMap((key) => simulation.early(key, { level: "critical" }));
    assert.deepEqual(early, ["hook: a:critical! b c (severity changed)"]);
    assert.deepEqual(simulation.step(), ["hook: b:critical! c:critical! a:critical (severity changed)"]);
  });

  test("are written to a log one by one, each at once", () => {
    const simulation = new Simulation({ root: logAndHook });
    simulation.early("a");
    assert.deepEqual(simulation.early("b"), ["log: b! (first notification)"]);
    assert.deepEqual(simulation.step(), ["hook: b! a (new alerts in group)"]);
  });

  test("are paid from the budget once, with the rest that the tick finds", () => {
    const simulation = new Simulation({ budget: { rule: 2, action: 100 } });
    simulation.early("a");
    assert.deepEqual(simulation.tick("b"), ["hook: b! a (new alerts in group)"]);
    simulation.nowMs += 60_000;
    assert.deepEqual(simulation.early("c"), ["hook: c! a b (new alerts in group)"]);
    assert.deepEqual(simulation.tick("d"), ["hook: d! a b c (new alerts in group)"]);
    simulation.nowMs += 60_000;
    assert.deepEqual(simulation.early("e"), []);
    assert.deepEqual(simulation.tick("f"), []);
  });

  test("wait for the tick if another alert may inhibit them, also for a log", () => {
    const simulation = new Simulation({ root: logAndHook, inhibit: [inhibit("key=source", "key=~target.*")] });
    assert.deepEqual(simulation.early("target1 other"), [
      "log: other! (first notification)",
      "hook: other! (first notification)",
    ]);
    assert.deepEqual(simulation.early("target2"), []);
    simulation.nowMs += 900;
    assert.deepEqual(simulation.tick("source"), [
      "log: source! (new alerts in group)",
      "hook: source! other (new alerts in group)",
    ]);
    assert.deepEqual(simulation.run(120_000), []);
  });

  test("go out at the tick if nothing inhibits them after all", () => {
    const simulation = new Simulation({ root: logAndHook, inhibit: [inhibit("key=source", "key=target")] });
    assert.deepEqual(simulation.early("target"), []);
    simulation.nowMs += 900;
    assert.deepEqual(simulation.step(), ["log: target! (first notification)", "hook: target! (first notification)"]);
  });

  test("keep the end of an alert that may be inhibited", () => {
    const simulation = new Simulation({ inhibit: [inhibit("key=source", "key=target")] });
    simulation.tick("target other");
    simulation.take("-target");
    assert.deepEqual(simulation.early("other", { level: "critical" }), [
      "hook: other:critical! -target! (severity changed)",
    ]);
  });
});
