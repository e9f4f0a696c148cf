import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshEvent } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateInPieces } from "../../../daemon/evaluate/evaluate-rule.ts";
import { passed, type Stage } from "../../../daemon/notify/stages/stage.ts";
import type { Message } from "../../../daemon/notify/stages/flush-context.ts";
import { sampleAt, stateOf } from "../evaluate/rule-for-tests.ts";
import { inShort, route, silenceOf, Simulation } from "./pipeline-fixture.ts";

const keysOf = (count: number): readonly string[] => Array.from({ length: count }, (_, key) => `k${key}`);

/**
 * Returns the time from so many keys that fire in one tick to their first messages, in milliseconds
 * of this thread's processor time.
 */
function burstMs(keys: number): number {
  const state = stateOf({ by: ["key"], keyLimit: keys, threshold: "value > 0" });
  const world = new Simulation({ refresh: (_rule, event) => refreshEvent(state, event) });
  const rows = keysOf(keys).map((key) => ({ labels: { key }, values: [[1]] }));
  const began = process.threadCpuUsage();
  for (const events of evaluateInPieces(state, sampleAt(1, rows), { unixMs: 0, tickMs: 1000 }))
    world.pipeline.take({ rule: "test", events, ruleActions: ["hook", "log"] }, world.now);
  assert.equal(world.pipeline.step(world.now).length, 8);
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}

/** A stage that holds nothing, and counts the alerts that it has judged. */
function countingStage(): Stage<"alert"> & { judged: number } {
  const stage = {
    name: "mute" as const,
    on: "alert" as const,
    judged: 0,
    judge() {
      stage.judged++;
      return passed("counted");
    },
  };
  return stage;
}

test("a burst of keys takes time that is linear in their number", () => {
  const least = (keys: number): number => Math.min(...[1, 2, 3].map(() => burstMs(keys)));
  least(2500);
  const [few, many] = [least(2500), least(20_000)];
  // Eight times as many: a square would take 64 times as long.
  assert.ok(many < 24 * few, `2,500 keys took ${few} ms, 20,000 took ${many} ms`);
});

test("each alert of a burst is judged once a step, and rebuilt only if it is sent", () => {
  let refreshed = 0;
  const count = countingStage();
  const world = new Simulation({
    filters: [count],
    refresh: (_rule, event) => {
      refreshed++;
      return event;
    },
  });
  world.tick(keysOf(3000).join(" "));
  assert.deepEqual([count.judged, refreshed], [3000, 400]);
  world.nowMs = 1000;
  world.step();
  assert.deepEqual([count.judged, refreshed], [3400, 800]);
});

test("a large group that is due each second is not looked at as a whole each time", () => {
  const count = countingStage();
  const world = new Simulation({ filters: [count], root: route({ groupIntervalMs: 1000, repeatMs: 30_000 }) });
  world.take(keysOf(2000).join(" "));
  const perStep = Array.from({ length: 8 }, () => {
    const before = count.judged;
    assert.ok(world.step().length <= 4);
    world.nowMs += 1000;
    return count.judged - before;
  });
  assert.deepEqual(perStep, [2000, 400, 400, 400, 400, 0, 0, 0]);
  // All of it is sent again when it must be.
  world.nowMs = 60_000;
  const repeated = [...world.step(), ...world.run(5000)].flatMap((message) => message.match(/k\d+!/g) ?? []);
  assert.equal(new Set(repeated).size, 2000);
});

test("of more alerts than one step can send, each is examined once, and the most severe are sent first", () => {
  const count = countingStage();
  const world = new Simulation({ filters: [count], root: route({ groupIntervalMs: 1000 }) });
  const told: string[] = [];
  for (let second = 0; second < 20; second++) {
    const keys = Array.from({ length: second < 5 ? 1000 : 0 }, (_, key) => `${"abcde"[second]}${key}`);
    if (keys.length > 0) world.take(keys.join(" "), { level: second === 2 ? "critical" : "warning" });
    const before = count.judged;
    told.push(...world.step().flatMap((message) => message.match(/[a-e]\d+(?=(:critical)?!)/g) ?? []));
    assert.ok(
      count.judged - before <= keys.length + 400,
      `${count.judged - before} were looked at in second ${second}`,
    );
    world.nowMs += 1000;
  }
  assert.deepEqual([told.length, new Set(told).size], [5000, 5000]);
  const severe = told.flatMap((key, at) => (key.startsWith("c") ? [at] : []));
  // Before them: the 1,200 of the first two seconds, and 400 that came after them.
  assert.ok(Math.max(...severe) < 1200 + 1000 + 400, `the last severe one was told as number ${Math.max(...severe)}`);
});

test("changed alerts, and alerts that are no longer suppressed, are sent while others of the group wait", () => {
  const root = route({ groupIntervalMs: 2000 });
  const world = new Simulation({
    root,
    filters: [
      silenceOf(
        "k5",
        () => 5000,
        () => world.nowMs,
      ),
    ],
  });
  const first = world.tick(keysOf(3000).join(" "));
  assert.equal(first.length, 4);
  world.take("k2990", { level: "critical" });
  world.take("late");
  world.take("-k2995 -k0");
  world.nowMs = 2000;
  const [second = "", ...others] = world.step();
  for (const text of ["k2990:critical!", " late!", "-k2995!", "-k0!", "(new alerts in group)"])
    assert.ok(second.includes(text), text);
  // Beside them, those whose turn it is.
  assert.equal(others.length, 4);
  const rest = world.run(20_000);
  const notificationsOf = (key: string): number =>
    [...first, second, ...others, ...rest].join(" ").match(new RegExp(`(?<!-)\\b${key}(:critical)?!`, "g"))?.length ??
    0;
  assert.deepEqual(["k2990", "late", "k0", "k2995", "k5", "k7", "k2999"].map(notificationsOf), [1, 1, 1, 0, 1, 1, 1]);
  assert.match(rest.find((message) => message.includes(" k5!")) ?? "", /^6s /);
});

/** Takes pieces of a step, until so many messages have come. */
function takeMessages(pieces: Iterator<Message | undefined>, count: number): readonly string[] {
  const messages: string[] = [];
  while (messages.length < count) {
    const { value } = pieces.next();
    if (value !== undefined) messages.push(inShort(value));
  }
  return messages;
}

test("alerts of others are accepted during a step, and sent with the next one at the latest", () => {
  const world = new Simulation();
  world.take(keysOf(1000).join(" "));
  const pieces = world.pipeline.stepInPieces(world.now);
  assert.equal(takeMessages(pieces, 1).length, 1);
  world.take("other", { rule: "another" });
  for (const _ of pieces);
  world.nowMs = 1000;
  assert.ok(world.step().includes("hook: other! (first notification)"));
});

test("while a large group is sent, another step sends the others, and nothing is sent twice", () => {
  const world = new Simulation();
  world.take(keysOf(1000).join(" "));
  const pieces = world.pipeline.stepInPieces(world.now);
  const first = takeMessages(pieces, 1);
  world.take("other", { rule: "another" });
  world.nowMs = 1000;
  assert.deepEqual(world.step(), ["hook: other! (first notification)"]);
  const rest = [...pieces].filter((message) => message !== undefined).map(inShort);
  for (let turn = 2; turn < 12; turn++) {
    world.nowMs = 1000 * turn;
    rest.push(...world.step());
  }
  const told = [...first, ...rest].flatMap((message) => message.match(/k\d+!/g) ?? []);
  assert.deepEqual([told.length, new Set(told).size], [1000, 1000]);
});

test("the small groups of a step go before the large ones", () => {
  const world = new Simulation();
  world.take(keysOf(1000).join(" "));
  world.take("other", { rule: "another" });
  assert.deepEqual(takeMessages(world.pipeline.stepInPieces(world.now), 1), ["hook: other! (first notification)"]);
});

test("alerts that end, come or get worse while their group is sent are sent once, in their current state", () => {
  const world = new Simulation();
  world.take(keysOf(300).join(" "));
  const pieces = world.pipeline.stepInPieces(world.now);
  takeMessages(pieces, 1);
  // The first alert has been notified, the last one has not.
  world.take("-k0 -k299 new");
  world.take("k1", { level: "critical" });
  const sent = [...pieces].filter((message) => message !== undefined).map(inShort);
  assert.equal(sent.length, 2);
  assert.match(sent[1] ?? "", / -k299! /);
  world.nowMs = 1000;
  const [next = "", ...others] = world.step();
  assert.deepEqual(others, []);
  assert.match(next, /^hook: .*new! .*\(new alerts in group\)$/);
  assert.ok(next.includes("k1:critical!") && next.includes("-k0!"), next);
  assert.ok(!next.includes("k299"), next);
});

test("each firing alert of ten thousand is notified, even if it ends before its turn", () => {
  const world = new Simulation({ budget: { rule: 60, action: 600 } });
  const told = new Map<string, string[]>();
  const take = (messages: Iterable<Message | undefined>): void => {
    for (const message of messages)
      for (const { labels, status } of message?.content.alerts ?? [])
        told.getOrInsertComputed(`${message?.action} ${labels["key"]}`, () => []).push(status);
  };
  const keys = keysOf(10_000);
  world.take(keys.join(" "), {}, ["hook", "log"]);
  const pieces = world.pipeline.stepInPieces(world.now);
  // Some end while the first messages are being made, the others a second later; some of these fire
  // again.
  take(pieces.take(20));
  world.take(
    keys
      .slice(0, 3000)
      .map((key) => `-${key}`)
      .join(" "),
    {},
    ["hook", "log"],
  );
  take(pieces);
  for (let second = 1; second <= 300; second++) {
    world.nowMs = second * 1000;
    if (second === 1)
      world.take(
        keys
          .slice(3000)
          .map((key) => `-${key}`)
          .join(" "),
        {},
        ["hook", "log"],
      );
    if (second === 2) world.take(keys.slice(9000).join(" "), {}, ["hook", "log"]);
    if (second === 3)
      world.take(
        keys
          .slice(8500)
          .map((key) => `-${key}`)
          .join(" "),
        {},
        ["hook", "log"],
      );
    take(world.pipeline.stepInPieces(world.now));
  }
  for (const action of ["hook", "log"]) {
    const never = keys.filter((key) => told.get(`${action} ${key}`)?.at(-1) !== "resolved");
    assert.deepEqual(never.slice(0, 10), [], action);
  }
});

const told = (messages: readonly string[], action: string): number =>
  new Set(messages.flatMap((message) => (message.includes(`${action}: `) ? (message.match(/k\d+!/g) ?? []) : []))).size;

test("alerts that wait for one action are sent although another one's budget is used up", () => {
  const root = route({ actions: ["hook", "mail"] });
  const world = new Simulation({ root, budget: { rule: 1, action: 1000 } });
  const first = world.tick(keysOf(2000).join(" "));
  const next = world.run(10_000);
  assert.deepEqual([told(first, "hook"), told([...first, ...next], "hook")], [400, 2000]);
});

test("changes that were too many for one step are written to a log before their group is due", () => {
  const traits = { log: { isImmediate: true, maxAlerts: 100 } };
  const world = new Simulation({ root: route({ actions: ["log"] }), traits });
  world.tick("a");
  world.nowMs = 5000;
  const first = world.tick(keysOf(1000).join(" "));
  assert.deepEqual([told(first, "log"), told([...first, ...world.run(5000)], "log")], [400, 1000]);
});

test("a repeat of many alerts continues while more new alerts fire than one step can send", () => {
  const root = route({ groupIntervalMs: 1000, repeatMs: 60_000 });
  const world = new Simulation({ root });
  world.tick(keysOf(2000).join(" "));
  world.run(30_000);
  const repeated = new Set<string>();
  const note = (messages: readonly string[]): void => {
    for (const message of messages) for (const [key] of message.matchAll(/(?:new-)?k\d+(?=!)/g)) repeated.add(key);
  };
  world.nowMs = 66_000;
  note(world.step());
  assert.equal(repeated.size, 400);
  const news = keysOf(1000).map((key) => `new-${key}`);
  note(world.tick(news.join(" ")));
  world.nowMs += 1000;
  const messages = [...world.step(), ...world.run(10_000)];
  note(messages);
  assert.deepEqual(
    [...news, ...keysOf(2000)].filter((key) => !repeated.has(key)),
    [],
  );
});

test("an action to which nothing of a large group goes any more does not have it looked at as a whole", () => {
  const count = countingStage();
  const settings = { groupIntervalMs: 1000, repeatMs: 30_000 };
  const world = new Simulation({ filters: [count], root: route(settings) });
  world.tick(keysOf(2000).join(" "));
  world.run(10_000);
  world.use({ root: route({ ...settings, actions: ["mail"] }) });
  world.run(50_000);
  const [group] = world.pipeline.state.groups.values();
  assert.deepEqual([...(group?.notifiedAtMs.keys() ?? [])], ["mail"]);
  count.judged = 0;
  world.run(5000);
  assert.equal(count.judged, 0);
});
