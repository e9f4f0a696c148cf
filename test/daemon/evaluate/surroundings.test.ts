import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { sampleAt, stateOf } from "./rule-for-tests.ts";

test("the last values and the keys with the highest travel with an alert", () => {
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

test("twenty values are kept, with gaps where there was no data", () => {
  const state = stateOf({ aggregates: { longest: "max" }, threshold: "longest > 100" });
  const events = Array.from({ length: 30 }, (_, index) => {
    const rows = index % 2 === 0 ? [{ labels: {}, values: [[index === 28 ? 500 : index, 1]] }] : [];
    return evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 });
  }).flat();
  assert.equal(events[0]?.lastValues?.length, 20);
  assert.deepEqual(events[0].lastValues.slice(-4), [undefined, 26, undefined, 500]);
});
