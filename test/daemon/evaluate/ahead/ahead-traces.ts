import assert from "node:assert/strict";
import type { AlertEvent } from "../../../../daemon/evaluate/alerts/alert.ts";
import { judgeAhead } from "../../../../daemon/evaluate/ahead/judge-ahead.ts";
import { evaluateRule } from "../../../../daemon/evaluate/evaluate-rule.ts";
import { createRuleState, type RulePlan, type RuleState } from "../../../../daemon/evaluate/rule-state.ts";
import { leavingSteps } from "../../../../daemon/evaluate/window/window.ts";
import type { SampleRow } from "../../../../daemon/sample/sample.ts";
import { randomNumbers } from "../random-numbers.ts";
import { faults, sampleAt, stateOf, type TestRule } from "../rule-for-tests.ts";

type Random = (limit: number) => number;

const TICKS = 16;
const TRACES_OF_RULE = 20;
const TICK_MS = 1000;
const FUNCTIONS = ["count", "sum", "max", "min", "signed max"] as const;

const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)] as T;

function randomNumber(random: Random, depth: number): string {
  const literal = String(random(13));
  if (depth === 0) return pick(random, ["value", "value", literal]);
  const [left, right] = [randomNumber(random, depth - 1), randomNumber(random, depth - 1)];
  return pick(random, [
    ...["value", "value", literal],
    `(${left} ${pick(random, ["+", "-", "*", "/", "%"])} ${right})`,
    `(${randomCondition(random, depth - 1)} ? ${left} : ${right})`,
    `(${left} ?? ${right})`,
    `(-${left})`,
  ]);
}

function randomCondition(random: Random, depth: number): string {
  const compared = `${randomNumber(random, depth)} ${pick(random, [">", ">=", "<", "<=", "==", "!="])} ${randomNumber(random, depth)}`;
  const plain = `value ${pick(random, [">", ">=", "<"])} ${random(20)}`;
  if (depth === 0) return pick(random, [plain, compared]);
  const [left, right] = [randomCondition(random, depth - 1), randomCondition(random, depth - 1)];
  return pick(random, [plain, plain, compared, `(${left} ${pick(random, ["and", "or"])} ${right})`, `not (${left})`]);
}

function randomRule(random: Random): TestRule {
  const name = pick(random, FUNCTIONS);
  const levels = pick(random, [["warning"], ["warning", "critical"], ["info", "warning", "critical"]]);
  const conditions = Object.fromEntries(levels.map((level) => [level, randomCondition(random, random(3))]));
  return {
    aggregates: { value: name === "signed max" ? ["max", "signed"] : name },
    ...(random(2) === 0 && { by: ["key"] }),
    threshold: {
      ...conditions,
      ...(random(3) === 0 && { clear: randomCondition(random, 1) }),
      ...(random(3) === 0 && { when: randomCondition(random, 1) }),
    },
    window: pick(random, [1, 2, 3, 5, 8, 240]),
    ...(random(3) === 0 && { keepFiring: random(4) }),
    ...(random(3) === 0 && { noData: pick(random, ["keep", "ok", "alert"] as const) }),
  };
}

interface PlannedRule {
  readonly seed: number;
  readonly rule: TestRule;
  /** absent if the rule is faulty */
  readonly plan?: RulePlan;
}

let planned: PlannedRule = { seed: -1, rule: {} };

/** Returns a random rule, compiled once for all of its traces. */
function plannedRule(seed: number): PlannedRule {
  if (planned.seed === seed) return planned;
  const rule = randomRule(randomNumbers(-seed));
  const isFaulty = faults(rule).length > 0;
  planned = { seed, rule, ...(!isFaulty && { plan: stateOf(rule).plan }) };
  return planned;
}

/** The counts of a tick so far, by key. */
type Counted = Map<string, number>;

/** Adds an event with a value to what was counted. */
function countEvent(rule: TestRule, counted: Counted, key: string, value: number): void {
  const before = counted.get(key);
  const { value: spec } = rule.aggregates ?? {};
  const name = typeof spec === "string" ? spec : spec?.[0];
  const after = {
    count: (before ?? 0) + 1,
    sum: (before ?? 0) + value,
    max: Math.max(before ?? -Infinity, value),
    min: Math.min(before ?? Infinity, value),
  }[name as "count" | "sum" | "max" | "min"];
  counted.set(key, after);
}

const rowOf = (rule: TestRule, key: string, value: number): SampleRow => ({
  labels: rule.by === undefined ? {} : { key },
  values: [[value, 1]],
});

/** The parts of an alert that must be the same after each tick. */
function essenceOf(state: RuleState): object {
  return Object.fromEntries(
    [...state.keys].map(([id, { alert }]) => [
      id,
      {
        state: alert.state,
        reason: alert.reason,
        held: alert.heldSinceMs.map((since) => since !== undefined),
        level: alert.firing?.level,
        flaps: alert.firing?.flaps,
        stopped: alert.firing?.stoppedSinceMs,
        fired: alert.firedAtMs?.length,
      },
    ]),
  );
}

/** The news of one tick that must be the same: ends, and what fires at which level in the end. */
function newsOf(events: readonly AlertEvent[]): object {
  const last = new Map<string, string>();
  for (const { rule, labels, status, level } of events)
    last.set(`${rule} ${JSON.stringify(labels)}`, status === "firing" ? `firing ${level}` : "resolved");
  return Object.fromEntries([...last].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Runs one random rule over one random trace, once at the ticks only and once also ahead of them,
 * and compares both after each tick. Returns how often an alert fired ahead of its tick.
 */
export function compareTrace(seed: number): number {
  const random = randomNumbers(seed);
  const { rule, plan } = plannedRule(Math.floor(seed / TRACES_OF_RULE));
  if (plan === undefined) return 0;
  const [atTicks, alsoAhead] = [createRuleState(plan), createRuleState(plan)];
  const signed = typeof rule.aggregates?.["value"] === "object";
  let fired = 0;
  for (let tick = 1; tick <= TICKS; tick++) {
    const counted: Counted = new Map();
    const news: AlertEvent[] = [];
    const atMs = tick * TICK_MS;
    const events = random(3) === 0 ? 0 : random(12);
    for (let event = 0; event < events; event++) {
      const key = pick(random, ["a", "b", "c"]);
      countEvent(rule, counted, rule.by === undefined ? "" : key, random(9) - (signed ? 4 : 0));
      if (random(3) !== 0) continue;
      const moment = { atMs: atMs - 500 + event, unixMs: atMs - 500 + event };
      const leaving = leavingSteps(alsoAhead.window, atMs, TICK_MS);
      for (const [of, value] of counted)
        news.push(...judgeAhead(alsoAhead, rowOf(rule, of, value), { ...moment, leaving }));
    }
    fired += news.length;
    const rows = [...counted].map(([key, value]) => rowOf(rule, key, value));
    const moment = { unixMs: atMs, tickMs: TICK_MS };
    const expected = evaluateRule(atTicks, sampleAt(tick, rows), moment);
    news.push(...evaluateRule(alsoAhead, sampleAt(tick, rows), moment));
    const [got, wanted] = [
      { alerts: essenceOf(alsoAhead), news: newsOf(news) },
      { alerts: essenceOf(atTicks), news: newsOf(expected) },
    ];
    // comparing texts takes a tenth of the time
    if (JSON.stringify(got) === JSON.stringify(wanted)) continue;
    assert.deepEqual(got, wanted, `seed ${seed}, tick ${tick}: ${JSON.stringify(rule)}`);
  }
  return fired;
}
