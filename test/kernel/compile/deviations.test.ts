import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { Aggregate } from "../../../bpf/check/checked-program.ts";
import { addAmounts, additiveWindow, DEVIATION } from "../../../daemon/evaluate/window/additive-window.ts";
import { slotsOf } from "../../../daemon/ruletest/series-rows.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/** Moves to the next CPU after each value, where there are several. */
const SOURCE = `
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) void value(unsigned long v) { asm volatile("" ::"r"(v)); }
int main(int argc, char **argv) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  for (int i = 1; i < argc; i++) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(i % cpus, &set);
    sched_setaffinity(0, sizeof set, &set);
    value(strtoul(argv[i], 0, 0));
  }
  return 0; }`;

/** Python computes with fractions, and rounds once. */
function expectedOf(values: readonly bigint[]): number {
  const script = `import statistics, sys\nprint(repr(statistics.pstdev([int(each) for each in sys.argv[1:]])))`;
  return Number(execFileSync("python3", ["-c", script, ...values.map(String)], { encoding: "utf8" }));
}

interface Counted {
  readonly aggregate: Aggregate;
  readonly slots: readonly number[];
}

async function countedBy(type: "s64" | "u64", values: readonly bigint[]): Promise<Counted> {
  using program = new CProgram(SOURCE);
  const rule = {
    rule: "deviation",
    probe: `uprobe:${program.path}:value`,
    aggregate: `stddev(cast(arg0, "${type}"))`,
  };
  await using loaded = new LoadedRule(JSON.stringify(rule));
  execFileSync(
    program.path,
    values.map((value) => String(BigInt.asUintN(64, value))),
  );
  const { rows } = await loaded.sample();
  const { aggregate } = loaded.built.object.layout.aggregates[0] ?? {};
  assert.ok(aggregate !== undefined);
  return { aggregate, slots: rows[0]?.values[0] ?? [] };
}

function deviationOf(parts: readonly (readonly number[])[]): number | undefined {
  const window = additiveWindow(DEVIATION);
  const kept = new Float64Array(DEVIATION.slots + 1);
  for (const slots of parts) addAmounts(window, slots, kept, 0);
  return DEVIATION.valueOf(window);
}

const TOP = 2n ** 63n;
const CASES: readonly (readonly [title: string, type: "s64" | "u64", values: readonly bigint[]])[] = [
  ["one value", "u64", [7n]],
  ["equal great values", "u64", Array.from({ length: 9 }, () => 2n * TOP - 5n)],
  ["small values", "u64", [2n, 4n, 4n, 4n, 5n, 5n, 7n, 9n]],
  ["close values far from 0", "u64", [1n, 2n, 3n, 4n, 1n].map((each) => 2n * TOP - 10n + each)],
  ["values of both signs", "s64", [-3n, 0n, 12n, -700n, 5n]],
  ["the least and the greatest", "s64", [-TOP, TOP - 1n, -TOP, 0n, 17n]],
  ["times in nanoseconds", "s64", [1_764_428_400_000_000_000n, 1_764_428_400_000_000_001n, 1_764_428_460_000_000_000n]],
];

for (const [title, type, values] of CASES) {
  kernelTest(`stddev equals that of Python's statistics: ${title}`, async () => {
    const { slots } = await countedBy(type, values);
    const [found, expected] = [deviationOf([slots]), expectedOf(values)];
    assert.ok(
      found !== undefined && Math.abs(found - expected) <= 4 * Number.EPSILON * expected,
      `${found} ${expected}`,
    );
    assert.equal(slots[0], values.length);
  });
}

kernelTest("the events of a rule test give the same stddev as in the kernel", async () => {
  const values = [3n, 1_000_000_007n, 250n, 250n, -4n];
  const { aggregate, slots } = await countedBy("s64", values);
  const interpreted = values.map((value) => slotsOf(aggregate, { value: Number(value), count: 1 }, 0));
  const window = additiveWindow(DEVIATION);
  for (const each of interpreted) addAmounts(window, each, new Float64Array(DEVIATION.slots + 1), 0);
  assert.equal(DEVIATION.valueOf(window), deviationOf([slots]));
});
