import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { addAmounts, additiveWindow, MEAN } from "../../../daemon/evaluate/window/additive-window.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const SOURCE = `
#include <stdlib.h>
__attribute__((noinline)) void value(unsigned long v, unsigned long weight) { asm volatile("" ::"r"(v), "r"(weight)); }
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i += 2) value(strtoul(argv[i], 0, 0), strtoul(argv[i + 1], 0, 0));
  return 0; }`;

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

interface Mean {
  readonly total: bigint;
  readonly count: bigint;
  readonly value: number | undefined;
}

/**
 * Returns the rule's avg of these values, each with its weight: the exact total, and the value for
 * thresholds.
 */
async function meanOf(expression: string, pairs: readonly (readonly [bigint, bigint])[]): Promise<Mean> {
  using program = new CProgram(SOURCE);
  const rule = { rule: "mean", probe: `uprobe:${program.path}:value`, aggregate: expression };
  await using loaded = new LoadedRule(JSON.stringify(rule));
  execFileSync(
    program.path,
    pairs.flatMap(([value, weight]) => [String(unsigned(value)), String(weight)]),
  );
  const { rows } = await loaded.sample();
  const slots = rows[0]?.values[0] ?? [];
  const window = additiveWindow(MEAN);
  addAmounts(window, slots, new Float64Array(4), 0);
  const [high = 0, count = 0, low = 0] = slots;
  return { total: BigInt(high) + BigInt(low), count: BigInt(count), value: MEAN.valueOf(window) };
}

const once = (values: readonly bigint[]): readonly (readonly [bigint, bigint])[] => values.map((value) => [value, 1n]);

async function assertMean(expression: string, pairs: readonly (readonly [bigint, bigint])[]): Promise<void> {
  const total = pairs.reduce((sum, [value, weight]) => sum + value * weight, 0n);
  const count = pairs.reduce((sum, [, weight]) => sum + weight, 0n);
  const found = await meanOf(expression, pairs);
  assert.deepEqual([found.total, found.count], [total, count], expression);
  const values = pairs.map(([value]) => Number(value));
  assert.ok(found.value !== undefined && found.value >= Math.min(...values) && found.value <= Math.max(...values));
}

kernelTest("a mean of large numbers does not wrap, and is between the least and the greatest", async () => {
  const top = 2n ** 63n;
  await assertMean('avg(cast(arg0, "u64"))', once([2n * top - 1n, 2n * top - 3n, top, top + 1n, 12n]));
  await assertMean('avg(cast(arg0, "u64"))', once(Array.from({ length: 11 }, () => top + 1_234_567_891n)));
  const signed = 'avg(cast(arg0, "s64"))';
  await assertMean(signed, once([-top, -top, -top + 1n, top - 1n, -5n]));
  await assertMean(signed, once(Array.from({ length: 7 }, () => -(2n ** 62n) - 987_654_321n)));
  await assertMean(signed, once([1_764_428_400_000_000_000n, 1_764_428_400_000_000_001n, 1_764_428_460_000_000_000n]));
  const weighted = 'avg(cast(arg0, "s64"), arg1)';
  await assertMean(weighted, [
    [-top, 2n ** 20n],
    [top - 1n, 2n ** 33n + 7n],
    [-3n, 5n],
  ]);
  await assertMean('avg(cast(arg0, "u64"), arg1)', [
    [2n * top - 1n, 2n ** 31n + 1n],
    [top + 9n, 3n],
    [1n, 2n ** 40n],
  ]);
});
