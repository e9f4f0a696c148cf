import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf } from "../../../bpf/compile/buckets.ts";
import { row } from "../evaluate/rule-for-tests.ts";
import { exposed, Measured, promtool, seriesOf } from "./expose.ts";

test("a count goes on rising when it has left the window", async () => {
  const rule = new Measured("calls", { window: 2 });
  for (const count of [3, 0, 0, 0, 4]) rule.tick(count === 0 ? [] : [row([count])]);
  assert.deepEqual(seriesOf(await exposed([rule]), "bpfwarden_calls"), ['bpfwarden_calls_total{rule="calls"} 7']);
});

test("a rule without events has a count of 0", async () => {
  const rule = new Measured("calls", {});
  rule.tick([]);
  assert.deepEqual(seriesOf(await exposed([rule]), "bpfwarden_calls"), ['bpfwarden_calls_total{rule="calls"} 0']);
});

test("keys are labels, durations are seconds, and what is not a total is of the window", async () => {
  const rule = new Measured("slow-reads", {
    aggregates: { time: ["sum", "duration"], worst: ["max", "duration"], net: ["sum", "signed"], rtt_us: "avg" },
    ...{ by: ["comm", "le"], window: 1, let: { twice: "time * 2" } },
  });
  const labels = { comm: 'a"b\\c\nd', le: "x" };
  rule.tick([{ labels, values: [[3], [5, 1], [-7], [6000, 2, 0]] }]);
  rule.tick([{ labels, values: [[4], [6, 1], [-1], [9000, 3, 0]] }]);
  const text = await exposed([rule]);
  const key = String.raw`{rule="slow-reads",comm="a\"b\\c\nd",by_le="x"}`;
  assert.deepEqual(seriesOf(text, "bpfwarden_slow_reads"), [
    `bpfwarden_slow_reads_time_seconds_total${key} 7e-9`,
    `bpfwarden_slow_reads_worst_seconds${key} 6e-9`,
    `bpfwarden_slow_reads_net${key} -8`,
    `bpfwarden_slow_reads_rtt_seconds${key} 0.003`,
    `bpfwarden_slow_reads_twice_seconds${key} 8e-9`,
  ]);
  assert.equal(promtool(text), "");
});

test("a histogram has powers of two, and eight bounds in each of those with values", async () => {
  const rule = new Measured("sizes", { aggregates: { value: "histogram" } });
  const bucket = (value: bigint): number => bucketOf({ signed: false }, value);
  rule.tick([row([bucket(20n), 2, bucket(31n), 1])]);
  rule.tick([row([bucket(20n), 1])]);
  const text = await exposed([rule]);
  const bounds = seriesOf(text, "bpfwarden_sizes_bucket").map((line) => line.replace(/.*le="(.*)"} /, "$1 "));
  const powers = Array.from({ length: 35 }, (_, index) => `${2 ** (index + 6) - 1} 4`);
  const fine = ["7 0", "15 0", "17 0", "19 0", "21 3", "23 3", "25 3", "27 3", "29 3", "31 4"];
  assert.deepEqual(bounds, [...fine, ...powers, "+Inf 4"]);
  assert.deepEqual(seriesOf(text, "bpfwarden_sizes_count"), ['bpfwarden_sizes_count{rule="sizes"} 4']);
  assert.equal(promtool(text), "");
});

test("a linear histogram has its steps, and beyond them infinity", async () => {
  const rule = new Measured("depths", {
    aggregates: { value: "linear_histogram" },
    steps: { value: { low: 10n, high: 30n, step: 10n } },
  });
  rule.tick([row([0, 1, 1, 2, 3, 4])]);
  assert.deepEqual(
    seriesOf(await exposed([rule]), "bpfwarden_depths_bucket").map((line) => line.replace(/.*le=/, "")),
    ['"9"} 1', '"19"} 3', '"29"} 3', '"+Inf"} 7'],
  );
});

test("keys without room are added under other, so that the sum stays right", async () => {
  const rule = new Measured("calls", { by: ["comm"], window: 1 }, 10);
  const keys = Array.from({ length: 30 }, (_, index) => ({ labels: { comm: `c${index}` }, values: [[1]] }));
  for (let second = 0; second < 3; second++) rule.tick(keys);
  const series = seriesOf(await exposed([rule]), "bpfwarden_calls_total");
  assert.equal(series.length, 10);
  assert.equal(
    series.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
    90,
  );
  assert.equal(series.at(-1), 'bpfwarden_calls_total{rule="calls",other="true"} 63');
  assert.match(await exposed([rule]), /^bpfwarden_rule_series_left_out_total\{rule="calls"\} 63$/m);
});

test("a key that was idle for an hour makes room for a new one", async () => {
  const rule = new Measured("calls", { by: ["comm"], window: 1 }, 3);
  const tick = (comm: string, seconds: number): void => rule.tick([{ labels: { comm }, values: [[1]] }], {}, seconds);
  tick("a", 1);
  tick("b", 1);
  tick("c", 3000);
  assert.deepEqual(
    [...rule.totals.keys.values()].map(({ labels }) => labels),
    [{ comm: "a" }, { comm: "b" }, { other: "true" }],
  );
  tick("b", 500);
  tick("d", 200);
  assert.deepEqual(
    [...rule.totals.keys.values()].map(({ labels }) => labels),
    [{ comm: "b" }, { other: "true" }],
  );
});

test("histograms of many keys get wider buckets, not more time series", async () => {
  const rule = new Measured("sizes", { aggregates: { value: "histogram" }, by: ["comm"] }, 200);
  for (const value of [20n, 40n, 80n, 700n, 100_000n, 5_000_000n]) {
    const values = [[bucketOf({ signed: false }, value), 1]];
    rule.tick(["a", "b", "c"].map((comm) => ({ labels: { comm }, values })));
  }
  const series = seriesOf(await exposed([rule]), "bpfwarden_sizes");
  assert.ok(series.length <= 200, String(series.length));
  const counts = series.filter((line) => line.includes('comm="a"') && line.includes("_count"));
  assert.deepEqual(counts, ['bpfwarden_sizes_count{rule="sizes",comm="a"} 6']);
});

test("a name says what the metric is only once", async () => {
  const aggregates = { bytes_total: "sum", latest_total: "last", queue_count: "max" } as const;
  const rule = new Measured("disk", { aggregates });
  rule.tick([row([1], [2, 1], [3, 1])]);
  const text = await exposed([rule]);
  assert.deepEqual(seriesOf(text, "bpfwarden_disk"), [
    'bpfwarden_disk_bytes_total{rule="disk"} 1',
    'bpfwarden_disk_latest_total_value{rule="disk"} 2',
    'bpfwarden_disk_queue_count_value{rule="disk"} 3',
  ]);
  assert.equal(promtool(text), "");
});

test("rules whose names look the same as metrics have different names", async () => {
  const rules = [new Measured("disk-io", {}), new Measured("disk.io", {}), new Measured("rules", {})];
  for (const rule of rules) rule.tick([row([1])]);
  const text = await exposed(rules);
  assert.deepEqual(seriesOf(text, "bpfwarden_disk_io"), [
    'bpfwarden_disk_io_total{rule="disk-io"} 1',
    'bpfwarden_disk_io_2_total{rule="disk.io"} 1',
  ]);
  assert.equal(promtool(text), "");
});
