import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { startCallers, type Callers } from "../loads/getppid-on-all-cpus.ts";
import { thisGuest } from "../../vm/features.ts";
import { kernelTest } from "../privilege.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";

/** Guests in software emulation take a hundred times as long for each. */
const EVENTS = thisGuest === undefined ? 20_000_000 : 200_000;
const CPUS = hostKernel.possibleCpus;

interface Counted {
  /** by the programs' own count */
  readonly made: number;
  readonly flips: number;
  readonly rows: readonly SampleRow[];
  readonly lostKeys: number;
  readonly faulted: number;
}

/** Flips and reads as fast as that goes while the callers call. */
async function flipping(rules: readonly LoadedRule[], callers: Callers, calls: number, keys = 1) {
  const found = rules.map((): { flips: number; lostKeys: number; faulted: number; rows: SampleRow[] } => ({
    flips: 0,
    lostKeys: 0,
    faulted: 0,
    rows: [],
  }));
  const take = (): Promise<void[]> =>
    Promise.all(
      rules.map(async (rule, index) => {
        const { rows, health } = await rule.sample();
        const own = found[index];
        if (own === undefined) return;
        own.flips++;
        own.lostKeys += health.lost_keys;
        own.faulted += health.faulted;
        own.rows.push(...rows);
      }),
    );
  let made: number | undefined;
  const done = callers.call(calls, keys).then((count) => (made = count));
  while (made === undefined) {
    await take();
    await turn();
  }
  await done;
  // Both generations, for what came after the last flip.
  await take();
  await take();
  return found.map((own): Counted => ({ ...own, made: made ?? 0 }));
}

const total = (rows: readonly SampleRow[], aggregate: number): number =>
  rows.reduce((sum, { values }) => sum + (values[aggregate]?.[0] ?? 0), 0);

/** Returns the number of all values of a histogram. */
const inBuckets = (rows: readonly SampleRow[], aggregate: number): number =>
  rows.reduce((sum, { values }) => {
    return sum + (values[aggregate] ?? []).reduce((all, number, at) => (at % 2 === 1 ? all + number : all), 0);
  }, 0);

kernelTest(
  `none of ${EVENTS} events on all CPUs is lost or counted twice while generations change`,
  async (context) => {
    await using callers = startCallers();
    await using unkeyed = new LoadedRule(`${callers.rule}aggregate: {n: count(), s: sum(key), h: histogram(key)}`);
    await using keyed = new LoadedRule(
      `${callers.rule}by: {key: key}\naggregate: {n: count(), s: sum(key), h: histogram(key)}`,
    );
    const keys = 16;
    const results = await flipping([unkeyed, keyed], callers, Math.ceil(EVENTS / CPUS), keys);
    for (const { made, flips, rows, lostKeys } of results) {
      assert.ok(made >= EVENTS);
      assert.equal(total(rows, 0), made);
      assert.equal(inBuckets(rows, 2), made);
      assert.equal(lostKeys, 0);
      context.diagnostic(`${made} events in ${flips} flips`);
    }
    const byKey = Map.groupBy(results[1]?.rows ?? [], ({ labels }) => labels["key"]);
    assert.equal(byKey.size, keys);
    for (const [key, rows] of byKey) assert.equal(total(rows, 1), Number(key) * total(rows, 0));
  },
);

/** A hole in the kernel's addresses on x86-64 (Documentation/arch/x86/x86_64/mm.rst). */
const HOLE = 0xffffff9000000000n;
/**
 * Reads of pages where nothing is: each takes the kernel half a microsecond, so that a run takes a
 * hundred.
 */
const FAULTS = 200;
const PER_SUM = 5;
const SUMS = FAULTS / PER_SUM;
const SLOW = Array.from({ length: SUMS }, (_, sum) => {
  const reads = Array.from({ length: PER_SUM }, (__, read) => readOfPage(sum * PER_SUM + read));
  return `  f${sum}: 'sum(${reads.join(" + ")})'`;
}).join("\n");

function readOfPage(page: number): string {
  return `kptr(cast(key + 0x${(HOLE + BigInt(4096 * page)).toString(16)}, "task_struct")).pid`;
}

kernelTest("counts of slow programs after a flip belong to the generation in which they began", async (context) => {
  await using callers = startCallers();
  // counted last, in the generation that the run has read first; read early it would be lost
  await using slow = new LoadedRule(`${callers.rule}aggregate:\n${SLOW}\n  last: sum(1)\n`);
  const [counted] = await flipping([slow], callers, 10_000);
  assert.equal(total(counted?.rows ?? [], SUMS), counted?.made);
  assert.equal(counted?.faulted, FAULTS * (counted?.made ?? 0));
  context.diagnostic(`${counted?.flips} flips`);
});

kernelTest(
  "with more keys than the limit on all CPUs at once each event is counted once, by key or under `other`",
  async () => {
    await using callers = startCallers();
    const keyed = `${callers.rule}by: {key: key}\naggregate: {n: count(), h: histogram(key)`;
    await using oneHash = new LoadedRule(`${keyed}}`, NO_SYMBOLS, hostKernel, { keyLimit: 100 });
    await using twoHashes = new LoadedRule(`${keyed}, d: distinct(key)}`, NO_SYMBOLS, hostKernel, { keyLimit: 100 });
    const [one, two] = await flipping([oneHash, twoHashes], callers, 200_000, 1000);
    assert.ok(one !== undefined && two !== undefined);
    for (const { made, rows } of [one, two]) {
      const keys = new Set(rows.map(({ labels }) => labels["key"]));
      assert.equal(total(rows, 0), made);
      assert.equal(inBuckets(rows, 1), made);
      assert.ok(underOther(rows) > 0);
      assert.ok(keys.size >= 100);
    }
    assert.equal(underOther(one.rows), one.lostKeys);
    // where a key has found room in the first hash and none in the second, its event is one of
    // those that are lost
    assert.ok(underOther(two.rows) <= two.lostKeys && two.lostKeys <= two.made);
  },
);

/** Returns the total of the first aggregate under `other`. */
function underOther(rows: readonly SampleRow[]): number {
  return total(
    rows.filter(({ labels }) => labels["other"] === "true"),
    0,
  );
}
