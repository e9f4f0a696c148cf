import { createRuleState } from "../../../daemon/evaluate/rule-state.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectLayout } from "../../../bpf/compile/object-spec.ts";
import type { Drained, LoadedObject } from "../../../bpf/load/loaded-object.ts";
import type { BuiltRule } from "../../../daemon/run/build-rule.ts";
import { RunningRule } from "../../../daemon/run/running-rule.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { plainHost } from "../../kernel/support/plain-names.ts";
import { aggregatesOf, formulasOf, ruleSyntax, type TestRule } from "../evaluate/rule-for-tests.ts";

const RULE: TestRule = { threshold: "value > 5", window: 1 };
const HEALTH: Drained["health"] = {
  matched: 0n,
  emitted: 0n,
  lost_ring: 0n,
  lost_keys: 0n,
  faulted: 0n,
  orphaned: 0n,
  lost_scratch: 0n,
  reserved: 0n,
  left_out: 0n,
  lost_spans: 0n,
  lost_busy: 0n,
  unknown: 0n,
  runs: 0n,
  missed_returns: 0n,
};

function builtRule(): BuiltRule {
  const rule = ruleSyntax(RULE);
  const aggregates = aggregatesOf(RULE);
  const layout: ObjectLayout = {
    aggregates: aggregates.map((aggregate) => ({ aggregate, storage: "slots", slotOffset: 64, slots: 1 })),
    matchedBy: [],
    stateMap: "state",
    stateBytes: 72,
    keyWindowNs: 0n,
    spans: [],
  };
  const kernelHalf = {
    rule: "test",
    span: rule.span,
    programs: [],
    spans: [],
    memos: [],
    keyLimit: 1,
    keyWindowMs: 60_000,
    ringBytes: 0,
    spanLimit: 1,
  };
  return {
    rule,
    checked: { ...kernelHalf, aggregates, key: [] },
    formulas: formulasOf(RULE),
    object: { rule: "test", maps: [], programs: [], btf: new Uint8Array(), layout, memoryBytes: 0 },
  };
}

/** A running rule whose counts are what `counted` gives, or cannot be read where that throws. */
function runningRule(
  counted: () => bigint,
  follow: LoadedObject["follow"] = async () => ({ changes: [], gaps: [] }),
  skipped: () => bigint | undefined = () => 0n,
): RunningRule {
  const built = builtRule();
  const object: LoadedObject = {
    spec: built.object,
    attached: [],
    refused: [],
    drain: () => ({ health: HEALTH, unkeyed: [[counted()]], rows: [] }),
    drainRecords: () => 0,
    watchRecords: () => undefined,
    stack: () => undefined,
    files: [],
    asksForMapped: false,
    follow,
    totals() {
      const left = skipped();
      return { runTimeNs: 0n, runCount: 0n, skipped: left, lost: left };
    },
    detach: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const identity = { path: "test.yaml", fingerprint: "", meaning: "" };
  const host = {
    tickMs: 1000,
    startedAtMs: 0,
    state: createRuleState({ rule: built.rule, formulas: built.formulas, render: (text: string) => text }),
    names: plainHost,
  };
  return new RunningRule({ built, object, identity, ...host });
}

test("a rule whose counts cannot be read is degraded until they can be read, and reports each reason once", () => {
  const counts: readonly (bigint | string)[] = [9n, "no memory", "no memory", "not permitted", 0n, 0n, "no memory"];
  let second = 0;
  const rule = runningRule(() => {
    const count = counts[second - 1] ?? 0n;
    if (typeof count === "string") throw new Error(count);
    return count;
  });
  const seen = counts.map(() => {
    second++;
    const events = rule.tick(0, { bootMs: 1000 * second, suspendedMs: 0, unixMs: 0 });
    return [events.map((event) => `${event.rule} ${event.status}`).join(), rule.isDegraded, rule.newFault];
  });
  assert.deepEqual(seen, [
    ["test firing", false, undefined],
    ["BpfwardenRuleDegraded firing", true, "its counts could not be read: no memory"],
    ["", true, undefined],
    ["", true, "its counts could not be read: not permitted"],
    ["test resolved,BpfwardenRuleDegraded resolved", false, undefined],
    ["", false, undefined],
    ["BpfwardenRuleDegraded firing", true, "its counts could not be read: no memory"],
  ]);
});

test("each tick has its own number of runs that the kernel skipped", () => {
  const totals = [3n, 3n, 10n].values();
  const rule = runningRule(
    () => 0n,
    undefined,
    () => totals.next().value,
  );
  const seen = [1, 2, 3].map((second) => {
    rule.tick(0, { bootMs: 1000 * second, suspendedMs: 0, unixMs: 0 });
    return rule.views()[0]?.confidence.skippedRuns;
  });
  assert.deepEqual(seen, [3, 0, 7]);
});

test("a rule that misses events is degraded until it sees them again", async () => {
  let gaps: readonly string[] = ['nothing is watched: "/bin/shop" is gone'];
  const rule = runningRule(
    () => 0n,
    async () => ({ changes: ["followed"], gaps }),
  );
  const around = {
    roots: new Set<string>(),
    files: new Map(),
    inspect: async () => undefined,
    again: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  assert.deepEqual(await rule.follow(around), ["followed"]);
  rule.tick(0, { bootMs: 1000, suspendedMs: 0, unixMs: 0 });
  assert.deepEqual([rule.isDegraded, rule.newFault], [true, gaps[0]]);
  gaps = [];
  await rule.follow(around);
  for (const second of [2, 3, 4]) rule.tick(0, { bootMs: 1000 * second, suspendedMs: 0, unixMs: 0 });
  assert.equal(rule.isDegraded, false);
});

test("a tick is late by the period that was set last", () => {
  const rule = runningRule(() => 0n);
  const { result } = readSettings({ path: "bpfwarden.yaml", text: "tick: 5s\n" }, "/etc/bpfwarden", "host");
  assert.ok(result);
  rule.use(result);
  rule.tick(0, { bootMs: 5000, suspendedMs: 0, unixMs: 0 });
  assert.equal(rule.views()[0]?.confidence.lateTicks, 0);
});
