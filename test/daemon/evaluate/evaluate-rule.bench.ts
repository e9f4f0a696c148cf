/**
 * Prints how long a tick of one rule takes and what its state weighs, for many keys that all count in every tick, the worst that can be.
 * Run: node --expose-gc test/daemon/evaluate/evaluate-rule.bench.ts
 */
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

const RULES: Readonly<Record<string, TestRule>> = {
  "one count": { threshold: "value > 1000000" },
  "four signals, let, when, clear": {
    aggregates: { read: "sum", missed: "sum", slow: ["max", "duration"], mid: "avg" },
    let: { ratio: "(read - missed) / read" },
    threshold: {
      warning: "ratio < 90% and slow > 1s",
      critical: "mid > 1000000000",
      clear: "ratio > 95%",
      when: "read > 100",
    },
    for: 30,
  },
  "nothing to judge": { threshold: { warning: "value > 5", when: "value > 1000000" } },
  "looking back": { threshold: "value > mean(value, 2h) + 3 * stddev(value, 2h) + previous(value)" },
};

function rowsOf(keys: number, aggregates: number, tick: number): readonly SampleRow[] {
  return Array.from({ length: keys }, (_, key) => ({
    labels: { saddr: "10.0.0.1", daddr: `10.1.${key >> 8}.${key & 255}`, dport: "443" },
    values: Array.from({ length: aggregates }, () => [((key * 31 + tick * 17) % 100) + 1, 1]),
  }));
}

for (const [name, rule] of Object.entries(RULES)) {
  for (const keys of name === "looking back" ? [10_000] : [10_000, 100_000]) {
    const state = stateOf({ by: ["saddr", "daddr", "dport"], keyLimit: keys, window: 60, ...rule });
    const aggregates = Object.keys(rule.aggregates ?? { value: 1 }).length;
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const took: number[] = [];
    for (let tick = 1; tick <= 70; tick++) {
      const sample = sampleAt(tick, rowsOf(keys, aggregates, tick));
      const start = performance.now();
      evaluateRule(state, sample, { unixMs: 0, tickMs: 1000 });
      if (tick > 60) took.push(performance.now() - start);
    }
    globalThis.gc?.();
    const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? 0;
    console.log(`${name}, ${keys} keys: ${median.toFixed(1)} ms a tick, ${megabytes.toFixed(0)} MiB`);
  }
}
