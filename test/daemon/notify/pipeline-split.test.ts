import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { RECEIVERS } from "../../../daemon/receivers/receivers.ts";
import { route, Simulation } from "./pipeline-fixture.ts";

/** `key0 key1 …`. */
function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `key${index}`);
}

suite("more alerts than one message takes", () => {
  test("more alerts than fit into a message are sent in several, also when they end", () => {
    const simulation = new Simulation({ traits: { hook: { isImmediate: false, maxAlerts: 2 } } });
    const keys = Array.from({ length: 19 }, (_, index) => `k${index}`);
    simulation.take(keys.join(" "));
    const told: AlertEvent[] = [];
    const steps = (): number[] => {
      const sizes: number[] = [];
      for (const endMs = simulation.nowMs + 60_000; simulation.nowMs < endMs; simulation.nowMs += 1000) {
        const messages = simulation.pipeline.step(simulation.now);
        for (const { content } of messages) {
          assert.equal(content.truncated, 0);
          assert.equal(content.news, content.alerts.length);
          told.push(...content.alerts);
        }
        if (messages.length > 0) sizes.push(messages.length);
      }
      return sizes;
    };
    assert.deepEqual(steps(), [4, 4, 2]);
    assert.deepEqual(new Set(told.map(({ labels }) => labels["key"])), new Set(keys));
    assert.equal(told.length, 19);
    told.length = 0;
    simulation.take(keys.map((key) => `-${key}`).join(" "));
    assert.deepEqual(steps(), [4, 4, 2]);
    assert.deepEqual(new Set(told.map(({ labels, status }) => `${status} ${labels["key"]}`)).size, 19);
    assert.equal(simulation.pipeline.state.alerts.size, 0);
  });

  test("the most severe come first, then the largest", () => {
    const simulation = new Simulation({ traits: { hook: { isImmediate: false, maxAlerts: 2 } } });
    simulation.take("w1 w2", { values: { value: 500 } });
    simulation.take("w3", { values: { value: 700 } });
    simulation.take("c", { level: "critical", values: { value: 3 } });
    simulation.take("i", { level: "info", values: { value: 1e9 } });
    assert.deepEqual(simulation.step(), [
      "hook: c:critical! w3! (first notification)",
      "hook: w1! w2! (first notification)",
      "hook: i:info! (first notification)",
    ]);
  });

  test("one rule's many alerts do not hide another's, and the message says how many known alerts it leaves out", () => {
    const root = route({ groupBy: ["team"] });
    const simulation = new Simulation({ root, traits: { hook: { isImmediate: false, maxAlerts: 3 } } });
    simulation.tick("a b c d e", { labels: { team: "x" } });
    simulation.take("z", { rule: "other", labels: { team: "x" } });
    simulation.nowMs = 60_000;
    const [message, ...more] = simulation.pipeline.step(simulation.now);
    assert.equal(more.length, 0);
    assert.equal(message?.content.alerts[0]?.labels["key"], "z");
    assert.deepEqual([message?.content.alerts.length, message?.content.truncated], [3, 3]);
  });

  test("the rest of a split message survives a restart", () => {
    const simulation = new Simulation({ traits: { hook: { isImmediate: false, maxAlerts: 1 } } });
    const told = simulation.tick("a b c d e f");
    assert.equal(told.length, 4);
    simulation.restart(1000);
    assert.deepEqual(
      simulation.run(60_000).map((message) => message.replace(/^\d+s /, "")),
      ["hook: e! (new alerts in group)", "hook: f! (new alerts in group)"],
    );
  });

  test("an alert that changes while a repeat goes on is not sent again with the rest of the repeat", () => {
    const repeatMs = 3_600_000;
    const root = route({ repeatMs, groupIntervalMs: 1000 });
    const simulation = new Simulation({ root, traits: { hook: { isImmediate: false, maxAlerts: 1 } } });
    simulation.tick(keysOf(20).join(" "));
    simulation.run(10_000);
    simulation.nowMs += repeatMs;
    assert.match(simulation.step().join(), /repeat interval elapsed/);
    simulation.nowMs += 1000;
    const told = [...simulation.tick("key19", { level: "critical" }), ...simulation.run(10_000)];
    const names = told.flatMap((message) => /key[0-9]+/.exec(message)?.[0] ?? []);
    assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
    assert.equal(names.length, 16);
  });

  test("news that the budget of one action holds back are not sent twice to another that a repeat goes to", () => {
    const repeatMs = 3_600_000;
    const root = route({ repeatMs, groupIntervalMs: 1000, actions: ["hook", "mail"] });
    const few = { isImmediate: false, maxAlerts: 1 };
    const simulation = new Simulation({ root, traits: { hook: few, mail: { isImmediate: false, maxAlerts: 100 } } });
    simulation.tick(keysOf(20).join(" "));
    simulation.run(10_000);
    simulation.nowMs += repeatMs;
    assert.match(simulation.step().join(), /repeat interval elapsed/);
    const bucket = { used: 1000, atMs: simulation.nowMs };
    simulation.pipeline.state.budget.actions.set("mail", new Map([["rule", bucket]]));
    simulation.nowMs += 1000;
    const news = Array.from({ length: 6 }, (_, index) => `new${index}`);
    const told = [...simulation.tick(news.join(" ")), ...simulation.run(20_000)];
    const names = told.flatMap((message) => (message.includes("hook:") ? (/new[0-9]+/.exec(message)?.[0] ?? []) : []));
    assert.deepEqual(names.toSorted(), news);
  });

  test("two thousand are notified by webhook and mail at once, within the default budget, ten critical ones first", () => {
    const root = route({ actions: ["hook", "mail"] });
    const budget = { rule: 60, action: 600 };
    const simulation = new Simulation({ root, budget, traits: { hook: RECEIVERS.webhook, mail: RECEIVERS.email } });
    const keys = keysOf(2000);
    simulation.take(keys.slice(0, 1990).join(" "));
    simulation.take(keys.slice(1990).join(" "), { level: "critical" });
    const messages = simulation.pipeline.step(simulation.now);
    for (const [action, count] of [
      ["hook", 4],
      ["mail", 1],
    ] as const) {
      const contents = messages.flatMap((message) => (message.action === action ? [message.content] : []));
      const told = contents.flatMap((content) => content.alerts);
      assert.equal(contents.length, count);
      assert.equal(told.length, 2000);
      assert.equal(new Set(told.map(({ labels }) => labels["key"])).size, 2000);
      assert.ok(told.slice(0, 10).every(({ level }) => level === "critical"));
    }
  });

  test("more than an hour's budget of messages is sent within a minute, and later alerts are not held back for long", () => {
    const budget = { rule: 60, action: 600 };
    const simulation = new Simulation({ budget, traits: { hook: RECEIVERS.webhook } });
    simulation.take(keysOf(31_000).join(" "));
    let told = 0;
    for (let tick = 0; tick < 59; tick++, simulation.nowMs += 1000)
      for (const { content } of simulation.pipeline.step(simulation.now)) told += content.news;
    assert.equal(told, 31_000);
    simulation.take("late", { level: "critical" });
    assert.ok(simulation.run(120_000).some((message) => message.includes("late:critical!")));
  });
});
