import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bucketOf, type Bucketed } from "../../../bpf/compile/buckets.ts";
import { estimateDistinct } from "../../../bpf/compile/registers.ts";
import type { Sample } from "../../../daemon/sample/sample.ts";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";
import { kernelTest } from "../privilege.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";
import { CALLED_WITH, callWith, onCpu } from "../support/raw-syscall.ts";
import { callGetppid } from "./host.ts";

const HEADER = `rule: distributions\n${CALLED_WITH}\n`;
const SIGNED = "'histogram(cast(number, \"s64\"))'";

/** Returns the counts of a rule while `load` runs. */
async function sampled(rest: string, load: () => void, keyLimit?: number): Promise<Sample> {
  await using rule = new LoadedRule(
    `${HEADER}${rest}\n`,
    NO_SYMBOLS,
    hostKernel,
    keyLimit === undefined ? {} : { keyLimit },
  );
  load();
  return await rule.sample();
}

/** Powers of two with their neighbors and what lies between, of both signs. */
const VALUES = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)).flatMap((power) => [
  power - 1n,
  power,
  power + power / 3n,
  -power,
  1n - power,
]);

function bucketsOf(histogram: Bucketed, values: readonly bigint[], weight = 1): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bits = histogram.signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
    const bucket = bucketOf(histogram, bits);
    counts.set(bucket, (counts.get(bucket) ?? 0) + weight);
  }
  return new Map([...counts].toSorted(([a], [b]) => a - b));
}

/** Pairs of bucket and count as a map, in order. */
function paired(list: readonly number[] | undefined): ReadonlyMap<number, number> {
  const pairs = (list ?? []).flatMap((bucket, at) => (at % 2 === 0 ? [[bucket, list?.[at + 1] ?? 0] as const] : []));
  return new Map(pairs.toSorted(([a], [b]) => a - b));
}

const LINEAR: Bucketed = { signed: true, steps: { low: -100n, high: 1005n, step: 10n } };

for (const [name, by] of [
  ["without a key", ""],
  ["with a key", "by: {who: pid, name: comm}\n"],
  ["with a key that the stack has no room for", "by: {who: pid, name: 'str(task.comm, 200)'}\n"],
] as const) {
  kernelTest(`histograms count each value in its bucket, ${name}`, async () => {
    const aggregate = `aggregate:
  plain: histogram(number)
  signed: ${SIGNED}
  linear: 'linear_histogram(cast(number, "s64"), -100, 1005, 10)'
  weighted: 'histogram(number, cast(7, "u64"))'
  n: count()`;
    const values = [...VALUES, -101n, -100n, 0n, 999n, 1000n, 1004n, 1005n];
    const { rows, health } = await sampled(`${by}${aggregate}`, () => values.forEach(callWith));
    const [plain, signed, linear, weighted, n] = rows[0]?.values ?? [];
    assert.deepEqual(paired(plain), bucketsOf({ signed: false }, values));
    assert.deepEqual(paired(signed), bucketsOf({ signed: true }, values));
    assert.deepEqual(paired(linear), bucketsOf(LINEAR, values));
    assert.deepEqual(paired(weighted), bucketsOf({ signed: false }, values, 7));
    assert.deepEqual([n, rows.length, health.lost_keys], [[values.length], 1, 0]);
  });

  kernelTest(`distinct estimates within 10 %, ${name}`, async () => {
    const { rows } = await sampled(`${by}aggregate: {d: distinct(number), one: distinct(comm)}`, () => {
      for (let value = 0n; value < 5000n; value++) callWith(value % 2500n);
    });
    const [many, one] = (rows[0]?.values ?? []).map((registers) => estimateDistinct(registers ?? []));
    assert.ok(Math.abs((many ?? 0) / 2500 - 1) < 0.1, `estimated ${many} of 2500`);
    assert.equal(one, 1);
  });
}

kernelTest("distinct distinguishes strings, also long ones by their ends", async () => {
  const text = `rule: strings
probe: tracepoint:syscalls:sys_enter_openat
filter: pid == ${process.pid}
aggregate: distinct(str(args.filename))
`;
  await using rule = new LoadedRule(text);
  const long = `/nowhere/${"x".repeat(200)}`;
  for (let index = 0; index < 600; index++) {
    try {
      readFileSync(`${long}${index % 300}`);
    } catch {
      // is not there
    }
  }
  const [row] = (await rule.sample()).rows;
  const estimate = estimateDistinct(row?.values[0] ?? []);
  assert.ok(Math.abs(estimate / 300 - 1) < 0.1, `estimated ${estimate} of 300`);
});

kernelTest("distinct counts a string as the same at every probe, for every buffer size", async () => {
  const text = `rule: strings
probe:
  any:
    - {probe: tracepoint:syscalls:sys_enter_getppid, with: {said: '"a"'}}
    - {probe: tracepoint:syscalls:sys_exit_getppid, with: {said: 'args.ret == 0 ? "${"x".repeat(150)}" : "a"'}}
filter: pid == ${process.pid}
aggregate: distinct(said)
`;
  await using rule = new LoadedRule(text);
  callGetppid(3);
  const [row] = (await rule.sample()).rows;
  assert.equal(estimateDistinct(row?.values[0] ?? []), 1);
});

kernelTest("last is the latest of all CPUs", async () => {
  for (const [before, after] of [["first", "last"] as const, ["last", "first"] as const]) {
    const { rows } = await sampled("aggregate: {l: 'last(cast(number, \"s64\"))', g: max(number)}", () => {
      onCpu(before, () => [5n, 900n].forEach(callWith));
      onCpu(after, () => [7n, -3n].forEach(callWith));
    });
    assert.equal(rows[0]?.values[0]?.[0], -3);
  }
  const { rows } = await sampled("aggregate: last(number)", () => {});
  assert.equal(rows[0]?.values[0], undefined);
});

kernelTest("an event with a weight counts that many times, with a negative weight never", async () => {
  const { rows } = await sampled("aggregate: {m: 'avg(number, cast(number, \"s64\") - 10)'}", () =>
    [5n, 11n, 14n].forEach(callWith),
  );
  // 11 once and 14 four times: 67 to the base of 2^32, and how many beside its lowest digit
  assert.deepEqual(rows[0]?.values[0], [67, 5, 0]);
});

kernelTest("buckets beyond the limit are counted under `other`, and so are registers", async () => {
  const by = "by: {v: number % 50}\naggregate: {h: histogram(number), d: distinct(number), n: count()}";
  const values = Array.from({ length: 5000 }, (_, index) => BigInt(index));
  const { rows, health } = await sampled(by, () => values.forEach(callWith), 2);
  const counts = rows.map(({ values: [histogram] }) => [...paired(histogram).values()].reduce((a, b) => a + b, 0));
  const other = rows.find(({ labels }) => labels["other"] === "true");
  assert.equal(
    counts.reduce((a, b) => a + b, 0),
    values.length,
  );
  assert.equal(
    rows.reduce((sum, { values: [, , n] }) => sum + (n?.[0] ?? 0), 0),
    values.length,
  );
  assert.ok((other?.values[2]?.[0] ?? 0) === 4800);
  assert.ok(estimateDistinct(other?.values[1] ?? []) > 4000);
  // each event once, whatever it was to be counted in; the key of a count is the key of all
  assert.equal(health.lost_keys, 4800);
  assert.equal(rows.length, 3);
});
