import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { Clock } from "../../../daemon/service/clock.ts";
import { type KeptRule, StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { stateOf } from "../evaluate/rule-for-tests.ts";
import { Simulation, START_UNIX_MS } from "../notify/pipeline-fixture.ts";
import { keptRule, rowsOf, RULE, tickOf, emptyPipeline } from "./kept-rule.ts";

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
      // of its alerts, and after the others' of its counts
      ["bad", "saving a rule's state failed: a restart would forget it"],
      [bad.id, "saving an alert failed: a restart would forget it"],
      ["bad", "saving a rule's state failed: a restart would forget it"],
    ],
  );
});

test("a large rule that cannot be saved is logged once, and not tried again at once", async (context) => {
  const { open, clock, rule } = keptRule(context, 5000);
  const { store } = await open();
  await using _ = store;
  const lines: string[] = [];
  let tries = 0;
  // Each reading of the clock takes a millisecond.
  const times = { bootMs: () => clock.ms++, unixMs: () => START_UNIX_MS } as Clock;
  const keeper = new StateKeeper({
    ...{
      store,
      clock: times,
      bootId: "a",
      logger: pino({ level: "error" }, { write: (line: string) => void lines.push(line) }),
    },
    whileStill: (_rule, pieces) => {
      tries++;
      while (pieces.next().done === false);
    },
  });
  failAt(rule.state.notices.degraded, "reason");
  failAt(rule.state.window, "steps");
  for (let ticks = 0; ticks < 3; ticks++) await keeper.keep([rule], emptyPipeline());
  assert.equal(tries, 2, "its alerts once, and its counts once");
  const messages = lines.map(
    (line) => (JSON.parse(line) as { readonly err: { readonly message: string } }).err.message,
  );
  assert.deepEqual(messages, ["no reason", "no steps"]);
});

/** A state that cannot be saved. */
function brokenState(clock: { ms: number }): RuleState {
  const state = stateOf(RULE);
  tickOf(state, clock, 2, 3);
  failAt(state.notices.degraded, "reason");
  failAt(state.window, "steps");
  return state;
}

/** Makes every read of a property fail, as a fault of ours would. */
function failAt(target: object, name: string): void {
  Object.defineProperty(target, name, {
    enumerable: true,
    get: () => {
      throw new Error(`no ${name}`);
    },
  });
}
