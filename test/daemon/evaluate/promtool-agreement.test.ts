import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { Level } from "../../../daemon/rules/rule-syntax.ts";
import { deviationNumbers } from "../../../daemon/sample/wide-numbers.ts";
import { randomNumbers } from "./random-numbers.ts";
import { sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

/**
 * The same rules over the same gauges, one value a second, by us and by Prometheus: its own
 * `promtool test rules` judges what we say of each second. Differences that we want:
 * - one alert that changes its severity is two rules there, and with `keep_firing` ours falls to
 *   its lowest level at once, for that is all that still holds of it; so levels are compared
 *   without `keep_firing`;
 * - what there is no sample of is 0 to a rule that counts: there, a series that has gone stale has
 *   no alert. So totals are compared from above only, for which it makes no difference; from below,
 *   and in a window that is not full yet, what speaks of the samples there are;
 * - one that flaps stays firing until it has settled;
 * - `when`, `clear` and `no_data` have no equal there.
 */
const TICKS = 60;
const KEYS = ["a", "b", "c"] as const;
/** undefined: no sample */
type Series = readonly (number | undefined)[];

/** A view of a rule on the samples of a window, and Prometheus' function for the same. */
interface View {
  readonly aggregate: "count" | "avg" | "stddev" | "min" | "max" | "last";
  readonly overTime: string;
  /** of what a sample of this value counts as, in the tick of a number */
  readonly slots: (value: number, tick: number) => readonly number[];
  readonly windowTicks: number;
}

const VIEWS: readonly Omit<View, "windowTicks">[] = [
  { aggregate: "count", overTime: "sum_over_time", slots: (value) => [value] },
  { aggregate: "avg", overTime: "avg_over_time", slots: (value) => [value, 1] },
  { aggregate: "stddev", overTime: "stddev_over_time", slots: deviationSlots },
  { aggregate: "min", overTime: "min_over_time", slots: (value) => [value, 1] },
  { aggregate: "max", overTime: "max_over_time", slots: (value) => [value, 1] },
  { aggregate: "last", overTime: "last_over_time", slots: (value, tick) => [value, (tick + 1) * 1e9] },
];

function deviationSlots(value: number): readonly number[] {
  return deviationNumbers([BigInt(value), 1n, BigInt(value * value)]);
}

const COUNTED: View = { aggregate: "count", overTime: "last_over_time", slots: (value) => [value], windowTicks: 1 };

interface Scenario {
  readonly view: View;
  readonly forTicks: number;
  readonly keepTicks: number;
  readonly levels: Readonly<Partial<Record<Level, string>>>;
  readonly series: Readonly<Record<string, Series>>;
}

function scenario(seed: number): Scenario {
  const random = randomNumbers(seed);
  const hasLevels = random(2) === 0;
  const next = (value: number | undefined): number | undefined => {
    if (random(3) > 0) return value;
    return random(10) === 0 ? undefined : random(50);
  };
  const series = KEYS.map((key): readonly [string, Series] => {
    let value: number | undefined = random(50);
    return [key, Array.from({ length: TICKS }, () => (value = next(value)))];
  });
  return {
    view: COUNTED,
    forTicks: random(6),
    keepTicks: hasLevels ? 0 : random(5),
    levels: hasLevels ? { warning: "value > 20", critical: "value >= 35" } : { warning: "value > 25" },
    series: Object.fromEntries(series),
  };
}

/**
 * Windows of several seconds, series that come late, have gaps shorter and longer than them, and go
 * for good; thresholds from below.
 */
function scenarioOfWindows(seed: number): Scenario {
  const random = randomNumbers(seed);
  const view = VIEWS[random(VIEWS.length)] ?? COUNTED;
  const windowTicks = 1 + random(5);
  const isBelow = view.aggregate !== "count" && random(2) === 0;
  const hasLevels = random(2) === 0;
  const scale = view.aggregate === "count" ? windowTicks : 1;
  const [warning, critical] = isBelow
    ? ["value < 25", "value <= 12"]
    : [`value > ${20 * scale}`, `value >= ${30 * scale}`];
  const series = KEYS.map((key): readonly [string, Series] => {
    const [from, until] = [random(2) * random(20), TICKS - random(2) * random(30)];
    let [value, gapTicks] = [random(50), 0];
    return [
      key,
      Array.from({ length: TICKS }, (_, tick) => {
        if (random(3) === 0) value = random(50);
        gapTicks = gapTicks > 0 ? gapTicks - 1 : random(12) === 0 ? 1 + random(8) : 0;
        return tick < from || tick >= until || gapTicks > 0 ? undefined : value;
      }),
    ];
  });
  return {
    view: { ...view, windowTicks },
    forTicks: random(6),
    keepTicks: hasLevels ? 0 : random(5),
    levels: hasLevels ? { warning, critical } : { warning },
    series: Object.fromEntries(series),
  };
}

/** Returns our firing alerts at each second: `KEY SEVERITY`. A critical alert is a warning, too. */
function ours({ view, forTicks, keepTicks, levels, series }: Scenario): readonly (readonly string[])[] {
  const rule: TestRule = {
    ...{ by: ["key"], aggregates: { value: view.aggregate }, window: view.windowTicks },
    ...{ threshold: levels, for: forTicks, keepFiring: keepTicks },
  };
  const state = stateThatNeverFlaps(rule);
  return Array.from({ length: TICKS }, (_, tick) => {
    const rows = KEYS.flatMap((key) => {
      const value = series[key]?.[tick];
      return value === undefined ? [] : [{ labels: { key }, values: [view.slots(value, tick)] }];
    });
    evaluateRule(state, sampleAt(tick + 1, rows), { unixMs: 0, tickMs: 1000 });
    return alertViews(state).flatMap(({ labels, level }) => {
      if (level === undefined) return [];
      const severities = level === "critical" ? ["critical", "warning"] : [level];
      return severities.map((severity) => `${labels["key"]} ${severity}`);
    });
  });
}

function stateThatNeverFlaps(rule: TestRule): RuleState {
  const state = stateOf(rule);
  return { ...state, policy: { ...state.policy, flap: { fires: Infinity, withinMs: 0 } } };
}

/**
 * A range of whole seconds and a half has as many samples whether it takes in its start, as older
 * ones do, or not.
 */
function rulesFile({ view, forTicks, keepTicks, levels }: Scenario): object {
  const over = `${view.overTime}(value[${view.windowTicks * 1000 - 500}ms])`;
  const rules = Object.entries(levels).map(([severity, threshold]) => ({
    alert: "test",
    expr: threshold.replace("value", over),
    for: `${forTicks}s`,
    ...(keepTicks > 0 && { keep_firing_for: `${keepTicks}s` }),
    labels: { severity },
  }));
  return { groups: [{ name: "group", rules }] };
}

function testFile({ series }: Scenario, firing: readonly (readonly string[])[]): object {
  const values = (each: Series): string => each.map((value) => (value === undefined ? "stale" : value)).join(" ");
  return {
    rule_files: ["rules.yml"],
    evaluation_interval: "1s",
    tests: [
      {
        interval: "1s",
        input_series: KEYS.map((key) => ({ series: `value{key="${key}"}`, values: values(series[key] ?? []) })),
        alert_rule_test: firing.map((alerts, tick) => ({
          eval_time: `${tick}s`,
          alertname: "test",
          exp_alerts: alerts.map((alert) => {
            const [key, severity] = alert.split(" ");
            return { exp_labels: { key, severity } };
          }),
        })),
      },
    ],
  };
}

/** Returns the differences that promtool finds; empty if it agrees. */
function judge(played: Scenario, firing: readonly (readonly string[])[]): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-promtool-"));
  try {
    writeFileSync(join(folder, "rules.yml"), stringify(rulesFile(played)));
    writeFileSync(join(folder, "test.yml"), stringify(testFile(played, firing)));
    const { status, stdout, stderr, error } = spawnSync("promtool", ["test", "rules", "test.yml"], {
      cwd: folder,
      encoding: "utf8",
    });
    if (error !== undefined) throw error;
    return status === 0 ? "" : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (let seed = 1; seed <= 100; seed++) {
  test(`promtool agrees about what fires in each of ${TICKS} seconds, seed ${seed}`, () => {
    const played = scenario(seed);
    assert.equal(judge(played, ours(played)), "", JSON.stringify(played));
  });
}

for (let seed = 1; seed <= 100; seed++) {
  test(`promtool agrees over windows, with series that start and end, seed ${seed}`, () => {
    const played = scenarioOfWindows(seed);
    assert.equal(judge(played, ours(played)), "", JSON.stringify(played));
  });
}

test("promtool disagrees if an alert fires a second later", () => {
  const played = scenario(1);
  const firing = ours(played);
  assert.ok(firing.some((alerts) => alerts.length > 0));
  assert.match(judge(played, [[], ...firing.slice(0, -1)]), /FAILED/);
});
