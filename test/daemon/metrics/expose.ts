import { spawnSync } from "node:child_process";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { exposition } from "../../../daemon/metrics/exposition.ts";
import type { MeasuredRule } from "../../../daemon/metrics/measured-rule.ts";
import type { MetricsSource } from "../../../daemon/metrics/metrics-source.ts";
import { PROMETHEUS_TEXT, type TextFormat } from "../../../daemon/metrics/text-format.ts";
import { totalsFor } from "../../../daemon/metrics/totals/totals-for.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { sampleAt, stateOf, type TestRule } from "../evaluate/rule-for-tests.ts";

/** A rule that is measured tick by tick, without a kernel. */
export class Measured implements MeasuredRule {
  readonly name: string;
  readonly state: MeasuredRule["state"];
  readonly totals: NonNullable<MeasuredRule["totals"]>;
  readonly fault: undefined;
  readonly isDegraded = false;
  readonly cpu = 0.5;
  readonly object = { spec: { memoryBytes: 4096 } };
  #second = 0;

  constructor(name: string, rule: TestRule, series = 1000) {
    this.name = name;
    this.state = stateOf(rule);
    const { result } = readSettings({ path: "x", text: `http: {}\nlimits: {series: ${series}}` }, "/etc", "db1");
    const made = result && totalsFor(undefined, this.state.plan.formulas, (rule.by ?? []).length > 0, result);
    if (made === undefined) throw new Error("no totals");
    this.totals = made;
  }

  /** Plays one second. */
  tick(rows: readonly SampleRow[], health = {}, seconds = 1): void {
    this.#second += seconds;
    const sample = sampleAt(this.#second, rows, health);
    this.totals.add(sample, 0);
    evaluateRule(this.state, sample, { unixMs: 0, tickMs: 1000 });
  }
}

/** Returns the metrics of rules as a client reads them. */
export async function exposed(rules: readonly MeasuredRule[], format: TextFormat = PROMETHEUS_TEXT): Promise<string> {
  const source: MetricsSource = {
    rules: () => rules,
    receivers: () => [
      {
        ...{ name: "oncall", kind: "webhook", waiting: 1, delivered: 2, retried: 3, failed: 4, dropped: 5 },
        ...{ failing: [], deadLetters: [] },
      },
    ],
    notices: () => ["BpfwardenRuleNotRunning"],
    problems: () => [{ severity: "error" }],
    ticks: () => ({ ticks: 7, failed: 0, late: 1, lagMs: 2, busyMs: 30 }),
    stateTrouble: () => undefined,
    startedAtUnixMs: 1000,
    version: "0.0.0",
  };
  return (await Array.fromAsync(exposition(source, format))).join("");
}

/** Returns the time series of an exposition whose names begin with a text. */
export const seriesOf = (text: string, prefix: string): readonly string[] =>
  text.split("\n").filter((line) => line.startsWith(prefix));

/** Returns what promtool finds wrong with metrics; empty if nothing. */
export function promtool(text: string): string {
  const { status, stdout, stderr, error } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  return status === 0 ? "" : `${stdout}${stderr}`;
}
