import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { alertViews, type AlertView } from "../evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../evaluate/evaluate-rule.ts";
import { createRuleState, type RulePlan } from "../evaluate/rule-state.ts";
import type { SampleRow } from "../sample/sample.ts";
import { emptySample } from "../sample/to-sample.ts";
import type { Value } from "../../bpf/interpret/value.ts";
import { countEvent } from "./event-counts.ts";
import type { RuleTest, TestEvent } from "./rule-test.ts";
import { seriesRows } from "./series-rows.ts";
import { START_MS, TICK_MS, tickAt } from "./ticks.ts";

/** A sent alert, with the time in the test. */
export interface SentAlert {
  readonly atMs: number;
  readonly event: AlertEvent;
}

export interface SentRecord {
  readonly atMs: number;
  readonly fields: Readonly<Record<string, Value>>;
}

/** The results of a test's rule. */
export interface RuleTestRun {
  readonly records: readonly SentRecord[];
  /** missing values, with their events */
  readonly lacking: readonly { readonly event: TestEvent; readonly missing: string }[];
  readonly sent: readonly SentAlert[];
  /** all keys after the ticks whose states the test checks */
  readonly views: ReadonlyMap<number, readonly AlertView[]>;
}

/** Runs a rule through the time of a test, tick by tick, as the daemon does. Pure. */
export function runRuleTest(test: RuleTest, plan: RulePlan): RuleTestRun {
  const state = createRuleState(plan);
  const rows = new Map([...seriesRows(test, plan.formulas.aggregates)].map(([tick, of]) => [tick, [...of]]));
  const { records, lacking } = takeEvents(test, plan, rows);
  const looks = new Set(test.states.map(({ at }) => at.ms));
  const sent: SentAlert[] = [];
  const views = new Map<number, readonly AlertView[]>();
  for (let tick = 0; tick <= lastTick(test, rows); tick++) {
    const atMs = tick * TICK_MS;
    const sample = sampleAt(plan, atMs, rows.get(tick) ?? []);
    for (const event of evaluateRule(state, sample, { unixMs: atMs, tickMs: TICK_MS })) sent.push({ atMs, event });
    if (looks.has(atMs)) views.set(atMs, alertViews(state));
  }
  return { sent, views, records, lacking };
}

/** Adds the counts of events to the rows of their ticks. */
function takeEvents(
  { events }: RuleTest,
  { rule, formulas }: RulePlan,
  rows: Map<number, SampleRow[]>,
): Pick<RuleTestRun, "records" | "lacking"> {
  const records: SentRecord[] = [];
  const lacking: RuleTestRun["lacking"][number][] = [];
  for (const event of events) {
    const { ms } = event.at;
    const counts = countEvent(rule.program, formulas.aggregates, event, START_MS + ms);
    if ("missing" in counts) {
      lacking.push({ event, missing: counts.missing });
      continue;
    }
    const { row, record } = counts;
    for (let time = 0; time < event.times; time++) {
      if (row !== undefined) rows.getOrInsertComputed(tickAt(ms), () => []).push(row);
      if (record !== undefined) records.push({ atMs: ms, fields: record });
    }
  }
  return { records, lacking };
}

function sampleAt({ rule }: RulePlan, atMs: number, rows: readonly SampleRow[]): ReturnType<typeof emptySample> {
  return { ...emptySample({ rule: rule.name.text, atMs: START_MS + atMs, intervalMs: TICK_MS }), rows };
}

/** Returns the test's `end`, or the last tick that the test mentions. */
function lastTick(test: RuleTest, rows: ReadonlyMap<number, unknown>): number {
  if (test.untilMs !== undefined) return tickAt(test.untilMs);
  const named = [...(test.expect ?? []), ...test.states, ...test.events].map(({ at }) => tickAt(at.ms));
  const longest = test.series.flatMap(({ signals }) => signals.map(({ items }) => items.length - 1));
  const lastOfSeries = longest.map((items) => tickAt(items * test.intervalMs));
  return [...rows.keys(), ...named, ...lastOfSeries].reduce((most, tick) => Math.max(most, tick), 0);
}
