import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../../daemon/service/clock.ts";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { savePipeline, type SavedPipeline } from "../../../daemon/notify/stages/saved-pipeline.ts";
import { KEPT_KINDS } from "../../../daemon/state/kept-kinds.ts";
import { StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";
import { stateOf } from "../evaluate/rule-for-tests.ts";
import { Simulation, START_UNIX_MS } from "../notify/pipeline-fixture.ts";
import { COUNT, IDENTITY, keptRule, logger, pipelineStore, rowsOf, RULE, tickOf, emptyPipeline } from "./kept-rule.ts";

test("open alerts are written one by one, and all exist after a restart", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-keeper-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const simulation = new Simulation();
  const { pipeline } = simulation;
  const nowMs = (): number => simulation.nowMs;
  const nowUnixMs = (): number => START_UNIX_MS + simulation.nowMs;
  const open = (): Promise<Store> =>
    openStore({ path: join(folder, "state.db"), kinds: KEPT_KINDS, logger, nowMs, nowUnixMs });
  const keeperOf = (store: Store): StateKeeper =>
    new StateKeeper({ store, clock: { bootMs: nowMs, unixMs: nowUnixMs } as Clock, bootId: "a", logger });
  {
    await using store = await open();
    const keeper = keeperOf(store);
    const put = context.mock.method(store, "put");
    const written = (): number => {
      put.mock.resetCalls();
      keeper.keep([], pipeline);
      return put.mock.calls.filter(({ arguments: [kind] }) => kind.name === "pipeline-alert").length;
    };
    for (const key of ["a", "b", "c", "d"]) {
      simulation.take(key);
      simulation.nowMs++;
    }
    simulation.step();
    assert.equal(written(), 4);
    assert.equal(written(), 0);
    simulation.nowMs += 1000;
    simulation.tick("-a e");
    assert.equal(written(), 2);
    await store.commit();
  }
  await using store = await open();
  const kept = keeperOf(store).rememberPipeline();
  assert.ok(kept);
  assert.deepEqual(kept.alerts, pipeline.state.alerts);
  const again = new Simulation({}, kept);
  again.nowMs = simulation.nowMs;
  assert.deepEqual(again.run(60_000), simulation.run(60_000));
});

for (const [fault, json] of [
  ["is no JSON", "{"],
  ["has an invalid group", JSON.stringify(pipelineWithBadGroup())],
] as const)
  test(`open alerts are known after a restart though the document of their groups ${fault}`, async (context) => {
    const simulation = new Simulation();
    const { open, path } = pipelineStore(context, simulation);
    {
      const { store, keeper } = await open();
      await using _ = store;
      simulation.tick("a b c d");
      simulation.run(2000);
      simulation.take("-c");
      await keeper.close([], simulation.pipeline);
    }
    const spoilt = [...simulation.pipeline.state.alerts.values()].find(({ event }) => event.labels["key"] === "d");
    {
      using database = new DatabaseSync(path);
      database.prepare("UPDATE documents SET json = ? WHERE kind = 'pipeline'").run(json);
      database.prepare("UPDATE documents SET json = '[' WHERE name = ?").run(spoilt?.id ?? "");
    }
    const { store, keeper } = await open();
    await using _ = store;
    const again = new Simulation({}, keeper.rememberPipeline());
    again.nowMs = simulation.nowMs;
    const keys = [...again.pipeline.state.alerts.values()].map(({ event }) => event.labels["key"]);
    assert.deepEqual(new Set(keys), new Set(["a", "b", "c"]));
    assert.equal(store.asideCount, 2);
    // Notifications are not repeated, and the end of an alert is notified.
    assert.deepEqual(again.run(61_000), ["3s hook: -c! a b (some alerts resolved)"]);
    assert.deepEqual(again.tick("-a -b"), []);
    assert.deepEqual(again.run(61_000), ["120s hook: -a! -b! (all alerts resolved)"]);
    assert.equal(again.pipeline.state.alerts.size, 0);
  });

test("alerts of a burst are not saved before a receiver was notified of one", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-keeper-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const simulation = new Simulation();
  const { pipeline } = simulation;
  const nowMs = (): number => simulation.nowMs;
  const nowUnixMs = (): number => START_UNIX_MS + simulation.nowMs;
  const path = join(folder, "state.db");
  await using store = await openStore({ path, kinds: KEPT_KINDS, logger, nowMs, nowUnixMs });
  const clock = { bootMs: nowMs, unixMs: nowUnixMs } as Clock;
  const keeper = new StateKeeper({ store, clock, bootId: "a", logger });
  const put = context.mock.method(store, "put");
  const written = async (keeping: Promise<void>): Promise<number> => {
    await keeping;
    const { length } = put.mock.calls.filter(({ arguments: [kind] }) => kind.name === "pipeline-alert");
    put.mock.resetCalls();
    return length;
  };
  // The simulation's actions are notified of 400 alerts a second.
  simulation.tick(Array.from({ length: 3000 }, (_, key) => `k${key}`).join(" "));
  assert.equal(await written(keeper.keep([], pipeline)), 400);
  simulation.run(1000);
  assert.equal(await written(keeper.keep([], pipeline)), 400);
  simulation.run(3000);
  assert.equal(await written(keeper.keep([], pipeline)), 2200);
  simulation.take(Array.from({ length: 3000 }, (_, key) => `more${key}`).join(" "));
  assert.equal(await written(keeper.keep([], pipeline)), 0);
  assert.equal(await written(keeper.close([], pipeline)), 3000);
});

function pipelineWithBadGroup(): SavedPipeline {
  const simulation = new Simulation();
  simulation.tick("a");
  for (const group of simulation.pipeline.state.groups.values()) Object.assign(group, { dueMs: "soon" });
  return savePipeline(simulation.pipeline.state, { bootId: "a", bootMs: 0, unixMs: START_UNIX_MS });
}

for (const [keys, words, ticks] of [
  [100_000, COUNT, [3]],
  [5000, RULE, [3, 8, 13]],
] as const)
  test(`a rule of ${keys} keys continues after a restart as if it had not stopped`, async (context) => {
    const { path, clock, open, rule } = keptRule(context, keys, words);
    {
      const { store, keeper } = await open();
      await using _ = store;
      await keeper.close([rule], emptyPipeline());
    }
    const [largest] = rowsOf(path, "SELECT max(octet_length(json)) AS bytes FROM documents");
    assert.ok(Number(largest?.["bytes"]) < 4 * 1024 * 1024, `a document has ${String(largest?.["bytes"])} bytes`);
    const { store, keeper } = await open();
    await using _ = store;
    const again: RuleState | undefined = keeper.remember(rule.state.plan, IDENTITY);
    assert.ok(again);
    assert.equal(again.keys.size, keys);
    for (const second of ticks) {
      tickOf(again, clock, second, 3000);
      tickOf(rule.state, clock, second, 3000);
      const found = alertViews(again);
      const expected = alertViews(rule.state);
      assert.equal(found.length, expected.length);
      // One by one: to say how two lists of so many differ takes minutes.
      const at = found.findIndex((view, index) => !isDeepStrictEqual(view, expected[index]));
      assert.deepEqual(found[at], expected[at]);
    }
  });

test("an unreadable part is set aside, and the other parts are used", async (context) => {
  const { path, open, rule } = keptRule(context, 5000);
  {
    const { store, keeper } = await open();
    await using _ = store;
    await keeper.close([rule], emptyPipeline());
  }
  {
    using database = new DatabaseSync(path);
    database.exec("UPDATE documents SET json = '{' WHERE name LIKE '1 %'");
  }
  const { store, keeper } = await open();
  await using _ = store;
  const again = keeper.remember(rule.state.plan, IDENTITY);
  assert.equal(store.asideCount, 2);
  assert.deepEqual([again?.keys.size, again?.alertsRevision], [3000, 0]);
  assert.ok(again?.keys.values().every(({ alert, window }) => alert.state === "firing" && window.rows > 0));
});

test("documents that a rule of fewer keys no longer needs are removed, and all of an ended rule", async (context) => {
  const { path, open, rule } = keptRule(context, 5000);
  const kindsAfter = async (act: (keeper: StateKeeper) => Promise<void> | void): Promise<readonly unknown[]> => {
    {
      const { store, keeper } = await open();
      await using _ = store;
      await act(keeper);
    }
    return rowsOf(path, "SELECT kind FROM documents WHERE kind LIKE 'rule-%' ORDER BY kind").map(({ kind }) => kind);
  };
  const close = (keeper: StateKeeper, state: RuleState): Promise<void> =>
    keeper.close([{ ...rule, state }], emptyPipeline());
  assert.deepEqual(await kindsAfter((keeper) => close(keeper, rule.state)), [
    ...["rule-alerts", "rule-alerts-part", "rule-alerts-part"],
    ...["rule-windows", "rule-windows-part", "rule-windows-part"],
  ]);
  assert.deepEqual(await kindsAfter((keeper) => close(keeper, stateOf(RULE))), ["rule-alerts", "rule-windows"]);
  await kindsAfter((keeper) => close(keeper, rule.state));
  assert.deepEqual(await kindsAfter((keeper) => keeper.forgetGone(() => true)), []);
});

test("a large rule is written in pieces of one moment, after it stopped changing", async (context) => {
  const { clock, open, rule } = keptRule(context, 5000);
  const { store } = await open();
  await using _ = store;
  const waiting: Iterator<readonly never[], void>[] = [];
  const keeper = new StateKeeper({
    ...{ store, clock: { bootMs: () => clock.ms, unixMs: () => START_UNIX_MS } as Clock, bootId: "a", logger },
    whileStill: (_rule, pieces) => void waiting.push(pieces),
  });
  const pipeline = emptyPipeline();
  await keeper.keep([], pipeline);
  const put = context.mock.method(store, "putText");
  await keeper.keep([rule], pipeline);
  await keeper.keep([rule], pipeline);
  assert.equal(waiting.length, 1);
  assert.equal(put.mock.callCount(), 0);
  const [pieces] = waiting;
  let turns = 0;
  while (pieces?.next().done === false) {
    turns++;
    assert.equal(put.mock.callCount(), 0);
  }
  assert.equal(turns, 3);
  assert.deepEqual(
    put.mock.calls.map(({ arguments: [kind, name] }) => `${kind.name} ${name}`),
    [`rule-alerts ${rule.name}`, `rule-alerts-part 1 ${rule.name}`, `rule-alerts-part 2 ${rule.name}`],
  );
});

test("all notified alerts are written again in a state folder that was replaced", async (context) => {
  const simulation = new Simulation({ traits: { hook: { isImmediate: true, maxAlerts: 10_000 } } });
  const { open, path } = pipelineStore(context, simulation);
  simulation.tick(Array.from({ length: 9000 }, (_, key) => `k${key}`).join(" "));
  {
    const { store, keeper } = await open();
    await using _ = store;
    await keeper.keep([], simulation.pipeline);
    rmSync(dirname(path), { recursive: true });
    simulation.nowMs += 5000;
    for (let renewal = store.renew(); renewal !== "anew"; renewal = store.renew()) await delay(10);
    keeper.renew();
    // As many at once as a tick has time for, and the others with the next ones.
    for (let ticks = 0; ticks < 3; ticks++) await keeper.keep([], simulation.pipeline);
  }
  const [written] = rowsOf(path, "SELECT count(*) AS alerts FROM documents WHERE kind = 'pipeline-alert'");
  assert.equal(written?.["alerts"], 9000);
});
