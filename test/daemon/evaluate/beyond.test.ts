import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf } from "../../../bpf/compile/buckets.ts";
import { valuesText } from "../../../daemon/api/values-text.ts";
import type { AlertEvent, DistributionValue } from "../../../daemon/evaluate/alerts/alert.ts";
import { shownDistribution } from "../../../daemon/evaluate/alerts/distribution-value.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { leadOf } from "../../../daemon/notify/message/lead-line.ts";
import { alertLines } from "../../../daemon/notify/message/alert-lines.ts";
import { webhookBody } from "../../../daemon/receivers/webhook/webhook-body.ts";
import { valueColumns, valueText } from "../../../daemon/try/value-columns.ts";
import { alerts, validator } from "../notify/fixtures.ts";
import { sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

const steps = { low: 0n, high: 100n, step: 1n };

/** Returns the alert that a rule fires after one tick of values. */
function firedOf(threshold: string, values: readonly bigint[], by: readonly string[] = []): AlertEvent {
  const rule: TestRule = { aggregates: { value: "linear_histogram" }, steps: { value: steps }, threshold, by };
  const state = stateOf(rule);
  const buckets = values.flatMap((value) => [bucketOf({ signed: true, steps }, value), 1]);
  const labels = Object.fromEntries(by.map((name) => [name, "dd"]));
  const rows = [{ labels, values: [buckets] }];
  const [event] = evaluateRule(state, sampleAt(1, rows), { unixMs: 0, tickMs: 1000 });
  assert.ok(event);
  return event;
}

function distributionOf({ values }: AlertEvent): DistributionValue {
  const { value } = values;
  assert.ok(typeof value === "object");
  return value;
}

test("values beyond the steps are only bounds, and are shown as bounds", () => {
  const over = distributionOf(firedOf("count(value) > 0", [500n, 600n]));
  assert.deepEqual([over.p99, over.beyond?.["p99"], over.beyond?.["mean"]], [100, "over", "over"]);
  const under = distributionOf(firedOf("count(value) > 0", [-5n, 0n, 0n, 0n]));
  assert.deepEqual(under.beyond, { mean: "under" }, "the 0 of most values is no bound");
  const both = distributionOf(firedOf("count(value) > 0", [-500n, 7n, 500n]));
  assert.deepEqual(both.beyond, { p90: "over", p95: "over", p99: "over", p999: "over", mean: "about" });
  const within = distributionOf(firedOf("count(value) > 0", [10n]));
  assert.equal("beyond" in within, false);
});

test("texts say that a number is only a bound", () => {
  const fired = firedOf("p99(value) > 90", [500n, 600n], ["comm"]);
  const value = distributionOf(fired);
  assert.equal(fired.reason, "p99 over 100 > 90");
  assert.match(leadOf(fired, {}), /^test: p99 over 100 > 90;/);
  const lines = alertLines(fired, {}, []).join("\n");
  assert.match(lines, /^Last: +p99 at .*: over 100$/m);
  assert.match(lines, /^Top: +highest p99 at .*: dd over 100$/m);
  assert.match(lines, /^value: +count 2, mean over 100, p50 over 100,/m);
  assert.deepEqual(shownDistribution(value, "plain")["p99"], "over 100");
  assert.equal(
    valuesText(fired.values, { durations: [], measures: { value: ["p99"] } }),
    "value p99 over 100, count 2",
  );
  const columns = valueColumns({
    values: [{ name: "value", unit: "plain", from: "distribution", index: 0 }],
    measures: {},
  });
  assert.deepEqual(
    columns.map((column) => [column.title, valueText(column, fired.values)]),
    [
      ["p99", "over 100"],
      ["p50", "over 100"],
      ["count", "2"],
    ],
  );
});

test("JSON says that a number is only a bound, and keeps the number", () => {
  const action = { kind: "log", name: "log", path: "-", maxBytes: Infinity, keep: 1 } as const;
  const body: unknown = JSON.parse(
    JSON.stringify(webhookBody(alerts(action, firedOf("p99(value) > 90", [500n], ["comm"])), {})),
  );
  validator("webhook")(body);
  const { alerts: all } = body as {
    readonly alerts: readonly {
      readonly judged: { readonly value: number; readonly beyond: string; readonly peak: object };
      readonly topKeys: readonly object[];
      readonly values: { readonly value: DistributionValue };
    }[];
  };
  assert.deepEqual([all[0]?.judged.value, all[0]?.judged.beyond], [100, "over"]);
  assert.deepEqual(all[0]?.topKeys, [{ labels: { comm: "dd" }, value: 100, beyond: "over" }]);
  assert.equal(all[0].values.value.beyond?.["p50"], "over");
});
