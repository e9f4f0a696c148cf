import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { child, inShort, route, silenceOf, Simulation } from "./pipeline-fixture.ts";

const HOUR_MS = 3_600_000;

suite("receivers follow the rules", () => {
  test("a rule's changed action: the new one is notified that it fires, the old one that it ended, once", () => {
    const simulation = new Simulation();
    assert.deepEqual(simulation.tick("a b", {}, ["old"]), ["old: a! b! (first notification)"]);
    simulation.nowMs = 5000;
    simulation.name(["night"]);
    const messages = simulation.pipeline.step(simulation.now);
    assert.deepEqual(messages.map(inShort), [
      "night: a! b! (first notification)",
      "old: -a! -b! (all alerts resolved)",
    ]);
    const [left] = messages[1]?.content.alerts ?? [];
    assert.deepEqual(
      [left?.reason, left?.endsAtUnixMs],
      ["this receiver no longer gets this alert", simulation.now.unixMs],
    );
    const later = simulation.run(5 * HOUR_MS);
    assert.deepEqual(
      later.map((message) => message.replace(/^\d+s /, "")),
      ["night: a! b! (repeat interval elapsed)"],
    );
    simulation.tick("-a -b", {}, ["night"]);
    assert.deepEqual(
      simulation.run(HOUR_MS).map((message) => message.replace(/^\d+s /, "")),
      ["night: -a! -b! (all alerts resolved)"],
    );
  });

  test("an alert that becomes worse and has other routes then is news at once for those that know it", () => {
    const root = route({
      actions: ["mail"],
      routes: [child('severity="critical"', { actions: ["oncall", "mail"] })],
    });
    const simulation = new Simulation({ root });
    assert.deepEqual(simulation.tick("a"), ["mail: a! (first notification)"]);
    simulation.nowMs = 9000;
    assert.deepEqual(simulation.tick("a", { level: "critical" }).toSorted(), [
      "mail: a:critical! (severity changed)",
      "oncall: a:critical! (first notification)",
    ]);
    assert.deepEqual(simulation.run(HOUR_MS), []);
  });

  test("while the alert is silenced: both are notified when the silence is over", () => {
    const clock = { untilMs: 0 };
    const simulation: Simulation = new Simulation({
      filters: [
        silenceOf(
          "a",
          () => clock.untilMs,
          () => simulation.nowMs,
        ),
      ],
    });
    simulation.tick("a", {}, ["old"]);
    clock.untilMs = 90_000;
    simulation.name(["night"]);
    assert.deepEqual(simulation.run(80_000), []);
    assert.deepEqual(simulation.run(100_000), [
      "120s night: a! (first notification)",
      "120s old: -a! (all alerts resolved)",
    ]);
  });

  test("changed routes and defaults, also while the process was stopped", () => {
    const simulation = new Simulation({ root: route({ actions: ["old", "log"] }) });
    simulation.tick("a");
    simulation.use({ root: route({ actions: ["night"] }) });
    assert.deepEqual(simulation.step(), [
      "night: a! (first notification)",
      "old: -a! (all alerts resolved)",
      "log: -a! (all alerts resolved)",
    ]);
    const stopped = new Simulation({ root: route({ actions: ["old"] }) });
    stopped.tick("a");
    stopped.restart(5000, { root: route({ actions: ["night"] }) });
    assert.deepEqual(stopped.step(), ["night: a! (first notification)", "old: -a! (all alerts resolved)"]);
    assert.deepEqual(stopped.run(HOUR_MS), []);
  });

  test("an action that is no longer in the settings is not waited for", () => {
    const simulation = new Simulation({ root: route({ actions: ["old"] }) });
    simulation.tick("a");
    simulation.restart(5000, { root: route({ actions: ["night"] }), gone: ["old"] });
    assert.deepEqual(simulation.step(), ["night: a! (first notification)"]);
    simulation.tick("-a");
    assert.equal(simulation.run(HOUR_MS).length, 1);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });

  test("an end that is not notified yet goes to the action that replaces a removed one", () => {
    const simulation = new Simulation({ root: route({ actions: ["old"], groupWaitMs: 30_000 }) });
    simulation.tick("a");
    simulation.tick("-a");
    simulation.use({ root: route({ actions: ["night"], groupWaitMs: 30_000 }) });
    assert.deepEqual(simulation.run(HOUR_MS), ["30s night: -a! (all alerts resolved)"]);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });
});
