import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { type Logger, pino } from "pino";
import type { Clock } from "../../../daemon/service/clock.ts";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { RuleIdentity } from "../../../daemon/run/reload-plan.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { KEPT_KINDS } from "../../../daemon/state/kept-kinds.ts";
import { type KeptRule, StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { openStore, type Store } from "../../../daemon/store/store.ts";
import { sampleAt, stateOf, type TestRule } from "../evaluate/rule-for-tests.ts";
import { type Simulation, START_UNIX_MS } from "../notify/pipeline-fixture.ts";
import { PipelineChanges } from "../../../daemon/notify/stages/pipeline-changes.ts";
import { emptyPipelineState } from "../../../daemon/notify/stages/pipeline-state.ts";
import type { KeptPipeline } from "../../../daemon/state/state-keeper.ts";

export const logger = pino({ level: "silent" });

/** A store for the alerts of a simulation, and who keeps them there. */
export function pipelineStore(
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

export const IDENTITY = { meaning: "m" } as RuleIdentity;
export const COUNT = {
  by: ["key"],
  keyLimit: 100_000,
  aggregates: { calls: "count" },
  threshold: "calls > 0",
  window: 10,
} as const;
export const RULE = {
  ...COUNT,
  aggregates: { ...COUNT.aggregates, mean: "avg", spread: "histogram" },
  let: { usual: "mean(calls, 1m)" },
  window: 3,
} as const;

export interface Kept {
  readonly path: string;
  readonly clock: { ms: number };
  readonly open: (log?: Logger) => Promise<{ readonly store: Store; readonly keeper: StateKeeper }>;
  /** a rule with a state of so many keys that fire */
  readonly rule: KeptRule;
}

export function keptRule(context: TestContext, keys: number, words: TestRule = RULE): Kept {
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
export function tickOf(state: RuleState, clock: { ms: number }, second: number, keys: number): readonly AlertEvent[] {
  clock.ms = second * 1000;
  const rows = Array.from({ length: keys }, (_, key): SampleRow => ({
    labels: { key: `k${key}` },
    values: [[1 + (key % 3)], [key, 2], [1, 1 + (key % 2)]].slice(0, state.window.aggregates.length),
  }));
  const counted = second % 2 === 0 ? rows.slice(1) : rows;
  return evaluateRule(state, sampleAt(second, counted), { unixMs: START_UNIX_MS + clock.ms, tickMs: 1000 });
}

/** Returns rows of a database that no store has open. */
export function rowsOf(path: string, query: string): readonly Readonly<Record<string, unknown>>[] {
  using database = new DatabaseSync(path);
  return database.prepare(query).all();
}

/** A pipeline without alerts. */
export const emptyPipeline = (): KeptPipeline => ({ state: emptyPipelineState(), changes: new PipelineChanges() });
