import assert from "node:assert/strict";
import { test } from "node:test";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import type { ObjectLayout } from "../../../bpf/compile/object-spec.ts";
import type { Drained } from "../../../bpf/load/loaded-object.ts";
import { toSample } from "../../../daemon/sample/to-sample.ts";
import { aggregatesOf } from "../evaluate/rule-for-tests.ts";
import { bytes, integer, keyLayout, NAMES } from "./columns.ts";

const AGGREGATES: readonly Aggregate[] = aggregatesOf({ aggregates: { n: "count", s: "sum", m: "max" } });
const KEYLESS: ObjectLayout = {
  aggregates: AGGREGATES.map((aggregate, index) => ({
    aggregate: { ...aggregate, signed: aggregate.name === "s" },
    storage: "slots",
    slotOffset: 8 * index,
    slots: 1,
  })),
  matchedBy: [],
  stateMap: "state",
  stateBytes: 128,
  keyWindowNs: 0n,
  spans: [],
};
const KEYED: ObjectLayout = { ...KEYLESS, key: keyLayout({ port: integer(16) }) };
const GENERATION = { rule: "r", atMs: 5000, intervalMs: 1000 };
const HEALTH: Drained["health"] = {
  matched: 9n,
  emitted: 0n,
  lost_ring: 1n,
  lost_keys: 2n,
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

test("without by there is one row, even if nothing was counted", () => {
  const sample = toSample(KEYLESS, { health: HEALTH, unkeyed: [[0n], [0n], undefined], rows: [] }, GENERATION, NAMES);
  assert.deepEqual(sample.rows, [{ labels: {}, values: [[0], [0], undefined] }]);
  assert.equal(sample.health.matched, 9);
  assert.equal(sample.atMs, 5000);
});

test("a signed sum can be negative", () => {
  const unkeyed = [[1n], [2n ** 64n - 3n], [7n, 1n]];
  const sample = toSample(KEYLESS, { health: HEALTH, unkeyed, rows: [] }, GENERATION, NAMES);
  assert.deepEqual(sample.rows, [{ labels: {}, values: [[1], [-3], [7, 1]] }]);
});

test("with by each key is a row, and other only if it counted", () => {
  const rows = [{ key: bytes([2, 443]), values: [[1n], [2n], undefined] }];
  const idle = toSample(KEYED, { health: HEALTH, unkeyed: [[0n], [0n], undefined], rows }, GENERATION, NAMES);
  assert.deepEqual(idle.rows, [{ labels: { port: "443" }, values: [[1], [2], undefined] }]);
  const busy = toSample(KEYED, { health: HEALTH, unkeyed: [[4n], [0n], undefined], rows }, GENERATION, NAMES);
  assert.deepEqual(busy.rows[1], { labels: { other: "true" }, values: [[4], [0], undefined] });
});
