import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateRule } from "../../../../daemon/evaluate/evaluate-rule.ts";
import type { SampleRow } from "../../../../daemon/sample/sample.ts";
import { formulasOf, sampleAt, stateOf, type TestRule } from "../rule-for-tests.ts";

test("the last values and the highest keys are sent with an alert", () => {
  const state = stateOf({ by: ["comm"], threshold: "value > 100" });
  const counts = [1, 5, 300].map((a, index) => {
    const others = Array.from({ length: 8 }, (_, key) => ({ labels: { comm: `other${key}` }, values: [[10 * key]] }));
    const rows = [{ labels: { comm: "a" }, values: [[a]] }, ...others];
    return evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 });
  });
  const [fired] = counts[2] ?? [];
  assert.deepEqual(fired?.lastValues, [1, 5, 300]);
  assert.deepEqual(
    fired.topKeys?.map(({ labels, value }) => `${labels["comm"]} ${value}`),
    ["a 300", "other7 70", "other6 60", "other5 50", "other4 40"],
  );
});

test("values from a time with too many keys are forgotten, and not shown as the last ones", () => {
  const state = stateOf({ by: ["comm"], threshold: "value > 100" });
  const crowd = Array.from({ length: 1000 }, (_, key) => ({ labels: { comm: `other${key}` }, values: [[1]] }));
  const events = [1, 5, 300].flatMap((a, index) => {
    const rows = [{ labels: { comm: "a" }, values: [[a]] }, ...(index === 2 ? crowd : [])];
    return evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 1000 * index, tickMs: 1000 });
  });
  assert.deepEqual(
    events.map(({ labels, lastValues }) => [labels["comm"], lastValues]),
    [["a", undefined]],
  );
});

test("twenty values are kept, with gaps where there was no data", () => {
  const state = stateOf({ aggregates: { longest: "max" }, threshold: "longest > 100" });
  const events = Array.from({ length: 30 }, (_, index) => {
    const rows = index % 2 === 0 ? [{ labels: {}, values: [[index === 28 ? 500 : index, 1]] }] : [];
    return evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 });
  }).flat();
  assert.equal(events[0]?.lastValues?.length, 20);
  assert.deepEqual(events[0].lastValues.slice(-4), [undefined, 26, undefined, 500]);
});

/** The reported keys and the last values of a rule with the given threshold. */
function notificationsOf(rule: TestRule, ...ticks: readonly (readonly SampleRow[])[]): readonly unknown[] {
  const state = stateOf(rule);
  const events = ticks.flatMap((rows, index) =>
    evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 }),
  );
  const event = events.findLast(({ status }) => status === "firing");
  return [event?.lastValues, event?.topKeys?.map(({ labels, value }) => `${labels["comm"]} ${value}`)];
}

/** Values of a histogram with buckets of 10. */
const inBuckets = (comm: string, ...pairs: readonly number[]): SampleRow => ({ labels: { comm }, values: [pairs] });

test("the last values and the worst keys use the measure that the threshold compares", () => {
  const by = ["comm"];
  const aggregates = { value: "histogram" } as const;
  const quantile = notificationsOf({ aggregates, by, threshold: "p99(value) > 2 and count(value) >= 1" }, [
    inBuckets("slow", 7, 1),
    inBuckets("busy", 1, 500),
  ]);
  assert.deepEqual(quantile, [[7], ["slow 7", "busy 1"]]);
  const guardFirst = notificationsOf({ aggregates, by, threshold: "count(value) >= 1 and p99(value) > 2" }, [
    inBuckets("slow", 7, 1),
  ]);
  assert.deepEqual(guardFirst, [[7], ["slow 7"]]);
});

test("with a threshold for low values, the worst keys are the lowest", () => {
  const rows = (...hits: readonly number[]): readonly SampleRow[] =>
    hits.map((hit, key) => ({ labels: { comm: `c${key}` }, values: [[hit], [10]] }));
  const rule: TestRule = {
    aggregates: { hits: "sum", asked: "sum" },
    by: ["comm"],
    let: { ratio: "hits / asked" },
    threshold: { warning: "not (90% <= ratio)", when: "asked > 1" },
  };
  assert.deepEqual(notificationsOf(rule, rows(10, 10, 10), rows(5, 10, 9)), [
    [1, 0.5],
    ["c0 0.5", "c2 0.9", "c1 1"],
  ]);
});

test('with "or" in a threshold, the message is about the part that is true', () => {
  const rule: TestRule = { aggregates: { a: "count", b: "count" }, threshold: "a > 100 or b - previous(b) > 5" };
  const row = (a: number, b: number): SampleRow => ({ labels: {}, values: [[a], [b]] });
  assert.deepEqual(notificationsOf(rule, [row(7, 1)], [row(7, 1)], [row(7, 9)])[0], [undefined, 0, 8]);
  assert.deepEqual(notificationsOf(rule, [row(107, 1)])[0], [107]);
});

test("a quantity is compared with a baseline on either side", () => {
  const judgedOf = (threshold: string): unknown =>
    formulasOf({ threshold, window: 10 }).judged.map(({ name, unit }) => `${name} ${unit}`);
  assert.deepEqual(judgedOf("mean(value, 1m) + 1 < value"), ["value number"]);
  assert.deepEqual(judgedOf("100 < rate(value)"), ["rate number_per_second"]);
  assert.deepEqual(judgedOf("rate(value) > 4MiB or value > 4KiB"), ["rate bytes_per_second", "value bytes"]);
  assert.deepEqual(judgedOf("value in 10..20"), ["value number"]);
});

test("the highest keys are searched once a tick for any number of alerts", () => {
  const state = stateOf({ by: ["key"], threshold: "value > 0" });
  const rows = Array.from({ length: 500 }, (_, key) => ({ labels: { key: `${key}` }, values: [[key + 1]] }));
  const fired = evaluateRule(state, sampleAt(1, rows), { unixMs: 0, tickMs: 1000 });
  assert.equal(fired.length, 500);
  assert.equal(new Set(fired.map(({ topKeys }) => topKeys)).size, 1);
  const more = [{ labels: { key: "last" }, values: [[9999]] }];
  const [later] = evaluateRule(state, sampleAt(2, more), { unixMs: 0, tickMs: 1000 });
  assert.equal(later?.topKeys?.[0]?.labels["key"], "last");
});
