import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { alertLabels, type Labels } from "../../../../daemon/notify/stages/alert-labels.ts";
import type { Message } from "../../../../daemon/notify/stages/flush-context.ts";
import { inShort, Simulation } from "../pipeline-fixture.ts";

const HOUR_MS = 3_600_000;
const BEFORE = { instance: "web1" };
const AFTER = { instance: "web2", dc: "x" };

/** Returns the labels by which receivers know the alerts of a message. */
function seen({ content }: Message, settings: Labels): readonly string[] {
  return content.alerts.map((alert) => {
    const { key, instance, dc = "" } = alertLabels(alert, settings);
    return `${alert.status} ${key} ${instance} ${dc}`.trim();
  });
}

function told(simulation: Simulation): Message {
  const [message, ...others] = simulation.pipeline.step(simulation.now);
  assert.deepEqual(others, []);
  assert.ok(message);
  return message;
}

suite("after the settings' labels changed", () => {
  test("while alerts fire: the old labels end, and firing alerts are notified with the new labels", () => {
    const simulation = new Simulation();
    simulation.tick("a b");
    simulation.nowMs = 100_000;
    simulation.tick("-b");
    simulation.take("c");
    simulation.use({ labels: AFTER });
    simulation.nowMs = 170_000;
    const message = told(simulation);
    assert.deepEqual(seen(message, AFTER), ["firing a web2 x", "firing c web2 x", "resolved a web1"]);
    const ended = message.content.alerts.find(({ status }) => status === "resolved");
    assert.deepEqual(
      [ended?.reason, ended?.endsAtUnixMs],
      ["the settings' labels were changed", simulation.now.unixMs - 70_000],
    );
    assert.deepEqual(simulation.run(HOUR_MS), [], "once");
    simulation.take("-a -c");
    simulation.nowMs += 60_000;
    assert.deepEqual(seen(told(simulation), AFTER), ["resolved a web2 x", "resolved c web2 x"]);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });

  test("an end that is not notified yet is notified with the labels with which it fired", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.nowMs = 5000;
    assert.deepEqual(simulation.tick("-a"), []);
    simulation.use({ labels: AFTER });
    simulation.take("a");
    simulation.nowMs = 70_000;
    assert.deepEqual(seen(told(simulation), AFTER), ["firing a web2 x", "resolved a web1"]);
  });

  test("while the process did not run", () => {
    const simulation = new Simulation({ labels: BEFORE });
    simulation.tick("a");
    simulation.restart(5000, { labels: AFTER });
    simulation.nowMs = 100_000;
    assert.deepEqual(seen(told(simulation), AFTER), ["firing a web2 x", "resolved a web1"]);
  });

  test("and back before any receiver was notified: nothing is sent", () => {
    const simulation = new Simulation({ labels: BEFORE });
    simulation.tick("a");
    simulation.use({ labels: AFTER });
    simulation.restart(5000, { labels: BEFORE });
    assert.deepEqual(simulation.run(HOUR_MS), []);
    simulation.take("-a");
    simulation.nowMs += 60_000;
    assert.deepEqual(seen(told(simulation), BEFORE), ["resolved a web1"]);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });

  test("the same labels change nothing", () => {
    const simulation = new Simulation();
    simulation.tick("a");
    simulation.use({});
    simulation.restart(5000);
    assert.deepEqual(simulation.run(HOUR_MS), []);
    simulation.take("-a");
    simulation.nowMs += 60_000;
    assert.equal(inShort(told(simulation)), "hook: -a! (all alerts resolved)");
  });
});
