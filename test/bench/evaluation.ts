import { evaluateRule } from "../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../daemon/evaluate/rule-state.ts";
import type { SampleRow } from "../../daemon/sample/sample.ts";
import { sampleAt, stateOf, type TestRule } from "../daemon/evaluate/rule-for-tests.ts";

/** The time of one core for each tick of evaluating, and the memory. */
export interface EvaluationFigure {
  readonly name: string;
  readonly tickMs: number;
  readonly mebibytes: number;
}

const WINDOW_S = 60;
/** Until windows and baselines are full. */
const WARM_UP_TICKS = 125;
const MEASURED_TICKS = 10;

const PLAIN: TestRule = { threshold: "value > 1000000" };
const FOUR_SIGNALS: TestRule = {
  aggregates: { read: "sum", missed: "sum", slow: ["max", "duration"], mid: "avg" },
  let: { ratio: "(read - missed) / read" },
  threshold: {
    warning: "ratio < 90% and slow > 1s",
    critical: "mid > 1000000000",
    clear: "ratio > 95%",
    when: "read > 100",
  },
  for: 30,
};
/** 120 windows, as many as any baseline looks back on. */
const BASELINE: TestRule = { window: 1, threshold: "value > mean(value, 2m) + 4 * stddev(value, 2m)" };

const CASES: readonly (readonly [name: string, rule: TestRule, rules: number, keys: number])[] = [
  ["one rule of 100,000 keys, one count", PLAIN, 1, 100_000],
  ["one rule of 100,000 keys, four signals, let, when and clear", FOUR_SIGNALS, 1, 100_000],
  ["one rule of 100,000 keys, a baseline of 120 windows", BASELINE, 1, 100_000],
  ["1,000 rules of 10 keys, four signals, let, when and clear", FOUR_SIGNALS, 1000, 10],
];

/**
 * Evaluates rules whose keys all count in every tick, the worst case. Processor time of
 * this process, so what else the machine does matters little; memory is the heap's growth, with
 * Node's flag --expose-gc.
 */
export function* evaluationFigures(): Generator<EvaluationFigure> {
  for (const [name, rule, rules, keys] of CASES) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const states = Array.from({ length: rules }, () =>
      stateOf({ by: ["saddr", "daddr", "dport"], keyLimit: keys, window: WINDOW_S, ...rule }),
    );
    const aggregates = Object.keys(rule.aggregates ?? { value: 1 }).length;
    const took: number[] = [];
    for (let tick = 1; tick <= WARM_UP_TICKS + MEASURED_TICKS; tick++)
      took.push(tickAll(states, keys, aggregates, tick));
    globalThis.gc?.();
    const mebibytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    const measured = took.slice(-MEASURED_TICKS).toSorted((a, b) => a - b);
    yield { name, tickMs: measured[MEASURED_TICKS >> 1] ?? 0, mebibytes };
    // until here they are in use
    states.length = 0;
  }
}

/** Processor time in milliseconds. */
function tickAll(states: readonly RuleState[], keys: number, aggregates: number, tick: number): number {
  const sample = sampleAt(tick, rowsOf(keys, aggregates, tick));
  const started = process.cpuUsage();
  for (const state of states) evaluateRule(state, sample, { unixMs: 0, tickMs: 1000 });
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function rowsOf(keys: number, aggregates: number, tick: number): readonly SampleRow[] {
  return Array.from({ length: keys }, (_, key) => ({
    labels: { saddr: "10.0.0.1", daddr: `10.1.${key >> 8}.${key & 255}`, dport: "443" },
    values: Array.from({ length: aggregates }, () => [((key * 31 + tick * 17) % 100) + 1, 1]),
  }));
}

/** One line of the figures of docs/benchmarks.md. */
export function evaluationLine({ name, tickMs, mebibytes }: EvaluationFigure): string {
  return `${name}: ${tickMs.toFixed(0)} ms of each second's tick, ${mebibytes.toFixed(0)} MiB`;
}

if (import.meta.main) for (const figure of evaluationFigures()) console.log(evaluationLine(figure));
