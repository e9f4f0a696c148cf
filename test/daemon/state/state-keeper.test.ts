import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Logger, pino } from "pino";
import type { Clock } from "../../../daemon/service/clock.ts";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { RuleIdentity } from "../../../daemon/run/reload-plan.ts";
import { savePipeline, type SavedPipeline } from "../../../daemon/notify/stages/saved-pipeline.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { KEPT_KINDS } from "../../../daemon/state/kept-kinds.ts";
import { type KeptRule, StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";
import { sampleAt, stateOf, type TestRule } from "../evaluate/rule-for-tests.ts";
import { Simulation, START_UNIX_MS } from "../notify/pipeline-fixture.ts";

const logger = pino({ level: "silent" });

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
  ["has a group that is none", JSON.stringify(pipelineWithBadGroup())],
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
    // Nothing is repeated that was told, and what has ended is told.
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

function pipelineStore(
  context: TestContext,
  simulation: Simulation,
): { readonly path: string; readonly open: () => Promise<{ readonly store: Store; readonly keeper: StateKeeper }> } {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-keeper-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "state.db");
  const nowMs = (): number => simulation.nowMs;
  const nowUnixMs = (): number => START_UNIX_MS + simulation.nowMs;
  return {
    path,
    open: async () => {
      const store = await openStore({ path, kinds: KEPT_KINDS, logger, nowMs, nowUnixMs });
      const clock = { bootMs: nowMs, unixMs: nowUnixMs } as Clock;
      return { store, keeper: new StateKeeper({ store, clock, bootId: "a", logger }) };
    },
  };
}

function pipelineWithBadGroup(): SavedPipeline {
  const simulation = new Simulation();
  simulation.tick("a");
  for (const group of simulation.pipeline.state.groups.values()) Object.assign(group, { dueMs: "soon" });
  return savePipeline(simulation.pipeline.state, { bootId: "a", bootMs: 0, unixMs: START_UNIX_MS });
}

const IDENTITY = { meaning: "m" } as RuleIdentity;
const COUNT = {
  by: ["key"],
  keyLimit: 100_000,
  aggregates: { calls: "count" },
  threshold: "calls > 0",
  window: 10,
} as const;
const RULE = {
  ...COUNT,
  aggregates: { ...COUNT.aggregates, mean: "avg", spread: "histogram" },
  let: { usual: "mean(calls, 1m)" },
  window: 3,
} as const;

interface Kept {
  readonly path: string;
  readonly clock: { ms: number };
  readonly open: (log?: Logger) => Promise<{ readonly store: Store; readonly keeper: StateKeeper }>;
  /** a rule with a state of so many keys that fire */
  readonly rule: KeptRule;
}

function keptRule(context: TestContext, keys: number, words: TestRule = RULE): Kept {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-keeper-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "state.db");
  const clock = { ms: 0 };
  const nowMs = (): number => clock.ms;
  const nowUnixMs = (): number => START_UNIX_MS + clock.ms;
  const times = { bootMs: nowMs, unixMs: nowUnixMs } as Clock;
  const state = stateOf(words);
  for (let second = 1; second <= 2; second++) tickOf(state, clock, second, keys);
  return {
    ...{ path, clock, rule: { name: state.plan.rule.name.text, identity: IDENTITY, state } },
    open: async (log = logger) => {
      const store = await openStore({ path, kinds: KEPT_KINDS, logger: log, nowMs, nowUnixMs });
      return { store, keeper: new StateKeeper({ store, clock: times, bootId: "a", logger: log }) };
    },
  };
}

/** A second in which each key but the first counts something, and the first only every other time. */
function tickOf(state: RuleState, clock: { ms: number }, second: number, keys: number): readonly AlertEvent[] {
  clock.ms = second * 1000;
  const rows = Array.from({ length: keys }, (_, key): SampleRow => ({
    labels: { key: `k${key}` },
    values: [[1 + (key % 3)], [key, 2], [1, 1 + (key % 2)]].slice(0, state.window.aggregates.length),
  }));
  const counted = second % 2 === 0 ? rows.slice(1) : rows;
  return evaluateRule(state, sampleAt(second, counted), { unixMs: START_UNIX_MS + clock.ms, tickMs: 1000 });
}

/** What is in a database that no store has open. */
function rowsOf(path: string, query: string): readonly Readonly<Record<string, unknown>>[] {
  using database = new DatabaseSync(path);
  return database.prepare(query).all();
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
      await keeper.close([rule], { state: undefined, changes: undefined });
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
    await keeper.close([rule], { state: undefined, changes: undefined });
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
    return rowsOf(path, "SELECT kind FROM documents ORDER BY kind").map(({ kind }) => kind);
  };
  const close = (keeper: StateKeeper, state: RuleState): Promise<void> =>
    keeper.close([{ ...rule, state }], { state: undefined, changes: undefined });
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
  const put = context.mock.method(store, "putText");
  await keeper.keep([rule], { state: undefined, changes: undefined });
  await keeper.keep([rule], { state: undefined, changes: undefined });
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

test("a fault while one rule or one alert is saved stops neither the others nor the log", async (context) => {
  const { open, path, clock, rule } = keptRule(context, 3);
  const named = (name: string, state: RuleState): KeptRule => ({ ...rule, name, state });
  const rules = [named("first", rule.state), named("bad", brokenState(clock)), named("last", rule.state)];
  const simulation = new Simulation();
  simulation.tick("a b c");
  const { alerts } = simulation.pipeline.state;
  const [, bad] = alerts.values();
  assert.ok(bad);
  failAt(bad, "event");
  const lines: string[] = [];
  const { store, keeper } = await open(pino({ level: "error" }, { write: (line: string) => void lines.push(line) }));
  {
    await using _ = store;
    for (let second = 3; second <= 5; second++) {
      clock.ms = second * 1000;
      await keeper.keep(rules, simulation.pipeline);
    }
  }
  const written = rowsOf(path, "SELECT kind, name FROM documents ORDER BY kind, name");
  const expected = [...alerts.keys()].filter((id) => id !== bad.id).map((name) => ({ kind: "pipeline-alert", name }));
  const namesOf = (kind: string): readonly unknown[] =>
    written.filter((row) => row["kind"] === kind).map((row) => row["name"]);
  assert.deepEqual(namesOf("rule-alerts"), ["first", "last"]);
  assert.deepEqual(namesOf("rule-windows"), ["first", "last"]);
  assert.deepEqual(new Set(namesOf("pipeline-alert")), new Set(expected.map(({ name }) => name)));
  assert.deepEqual(namesOf("pipeline"), ["pipeline"]);
  const faults = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  assert.deepEqual(
    faults.map(({ rule: of, alert, msg }) => [of ?? alert, msg]),
    [
      ["bad", "saving a rule's state failed: a restart would forget it"],
      [bad.id, "saving an alert failed: a restart would forget it"],
    ],
  );
});

test("in a state folder that was replaced, all alerts that were told of are written again", async (context) => {
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

/** A state that cannot be saved. */
function brokenState(clock: { ms: number }): RuleState {
  const state = stateOf(RULE);
  tickOf(state, clock, 2, 3);
  failAt(state.notices.degraded, "reason");
  failAt(state.window, "steps");
  return state;
}

/** Has any reader of a property fail, as a fault of ours would. */
function failAt(target: object, name: string): void {
  Object.defineProperty(target, name, {
    enumerable: true,
    get: () => {
      throw new Error(`no ${name}`);
    },
  });
}
