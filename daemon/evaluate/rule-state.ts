import { roomWithReserve } from "../../bpf/compile/shares.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { OTHER_LABELS } from "../sample/to-sample.ts";
import type { PeakValue, TopKey } from "./alerts/alert.ts";
import { type AlertRecord, newAlert } from "./alerts/alert-record.ts";
import { type AlertPolicy, FLAPPING } from "./alerts/alert-state.ts";
import type { RuleFormulas } from "./formula/check-formulas.ts";
import type { Scope } from "./formula/formula.ts";
import { createHealthWindow, type HealthWindow } from "./window/health-window.ts";
import { createHistory, createKeyHistory, type History, type KeyHistory } from "./formula/history.ts";
import type { JudgedComparison } from "./formula/judged-quantity.ts";
import { evaluateCells, zeroScope } from "./formula/scope.ts";
import type { KeyWindow } from "./window/key-window.ts";
import { createKeyWindow, createWindow, type Window } from "./window/window.ts";

/**
 * Renders a summary template (liquid). It must not throw: an error of a template becomes its text.
 */
export type RenderSummary = (template: string, context: Readonly<Record<string, unknown>>) => string;

/** The input of the evaluation of a rule that never changes while the rule runs. */
export interface RulePlan {
  readonly rule: RuleSyntax;
  readonly formulas: RuleFormulas;
  readonly render: RenderSummary;
}

/** The least and the greatest value of a time; undefined if there was no data. */
export interface Extremes {
  readonly lowest?: PeakValue;
  readonly highest?: PeakValue;
}

/** One key of a rule: its counts in the window, its values of the last tick and its alert. */
export interface KeyState {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** stands for the keys beyond the limit */
  readonly isOther: boolean;
  readonly window: KeyWindow;
  readonly histories: readonly KeyHistory[];
  scope: Scope;
  alert: AlertRecord;
  /**
   * when its alert must be judged again though its counts did not change (CLOCK_BOOTTIME); see
   * `resting-keys.ts`
   */
  restsUntilMs: number;
  /**
   * the values that the threshold compares (`RuleFormulas.judged`) in the last ticks, the oldest
   * first: all of one tick, then all of the next, NaN for no data. One packed array takes a third
   * of the memory of one array a tick.
   */
  readonly lastValues: number[];
  /** the extremes of the same values since the alert fires, or of the time when it last fired */
  extremes: readonly Extremes[];
}

/**
 * The memory of one rule between ticks. `evaluateRule` changes it in place, since copying ten
 * thousand windows a second would bring nothing. Nobody else changes it.
 */
export interface RuleState {
  readonly plan: RulePlan;
  readonly policy: AlertPolicy;
  readonly window: Window;
  readonly health: HealthWindow;
  readonly histories: readonly History[];
  readonly keys: Map<string, KeyState>;
  /** the scope of a key that was never seen */
  readonly zero: Scope;
  /** alerts about the rule itself */
  readonly notices: { degraded: AlertRecord; noData: AlertRecord };
  /** the end of the last tick whose values could not be trusted */
  untrustedAtMs: number;
  /**
   * the end of the last tick with events that were not counted under their key, or that were not
   * counted at all because a span found no slot
   */
  lostKeysAtMs: number;
  /** the end of the last tick for which the rule was reported as degraded */
  reportedAtMs: number;
  /** the time that was missed by the late ticks in a row up to now */
  missedMs: number;
  /**
   * true if the window was whole at the tick since which keys rest; undefined if all keys must be
   * judged next
   */
  restedWhole: boolean | undefined;
  /** the number of changes of keys' alerts, without changes of their reasons */
  alertsRevision: number;
  /** the time between two ticks, as given with the last one */
  tickMs: number;
  /**
   * the worst keys of the last tick, by the comparison that they are the worst for; filled on
   * request
   */
  readonly topKeys: Map<JudgedComparison, readonly TopKey[]>;
  /** the time of the last tick, Unix milliseconds */
  unixMs: number;
  /** the times of `KeyState.lastValues`, for all keys */
  readonly lastTimesUnixMs: number[];
}

export const NOTICE_LEVELS = ["warning"] as const;

/** The state of a rule that has seen nothing yet. */
export function createRuleState(plan: RulePlan): RuleState {
  const { rule, formulas } = plan;
  const zero = evaluateCells(formulas, zeroScope(formulas));
  const { windowMs } = rule;
  return {
    plan,
    policy: policyOf(plan),
    window: createWindow(formulas.aggregates, windowMs),
    health: createHealthWindow(windowMs),
    histories: formulas.histories.map((call) => createHistory(call, call.argument.evaluate(zero), windowMs)),
    keys: new Map(),
    zero,
    notices: { degraded: newAlert(NOTICE_LEVELS.length), noData: newAlert(NOTICE_LEVELS.length) },
    untrustedAtMs: -Infinity,
    lostKeysAtMs: -Infinity,
    reportedAtMs: -Infinity,
    missedMs: 0,
    restedWhole: undefined,
    alertsRevision: 0,
    tickMs: 0,
    topKeys: new Map(),
    unixMs: 0,
    lastTimesUnixMs: [],
  };
}

/**
 * Returns the policy of a rule's alerts. With `by`, a key without data ends as a series does that
 * is gone, unless the rule says `no_data: keep`.
 */
function policyOf({ rule: { program, forMs, keepFiringMs, noData, windowMs }, formulas }: RulePlan): AlertPolicy {
  const ends = program.by.length > 0 && noData !== "keep";
  return {
    ...{ forMs, keepFiringMs, flap: FLAPPING },
    levels: formulas.levels.map(({ level }) => level),
    noData: noData ?? "keep",
    ...(ends && { endsWithoutDataMs: windowMs }),
  };
}

/**
 * Says why a lower total may not be an end, though the counts of now can be trusted. The kernel's
 * map of keys begins empty each tick. So if there are too many keys, any of them may be counted
 * under `other` instead.
 */
export function whyUnsettled({ untrustedAtMs, lostKeysAtMs, window }: RuleState, atMs: number): string | undefined {
  if (atMs - untrustedAtMs < window.windowMs) return "the window still holds counts that cannot be trusted";
  if (atMs < window.missingUntilMs) return "some of the window was not seen";
  return atMs - lostKeysAtMs < window.windowMs
    ? "the window holds events that were not counted under their key"
    : undefined;
}

/**
 * True if there are as many keys as the rule may have within its window; `other` comes on top. The
 * kernel ensures that no single user takes all of them.
 */
function isFull({ keys, plan }: RuleState): boolean {
  return keys.size - (keys.has(OTHER_ID) ? 1 : 0) >= roomWithReserve(plan.rule.program.keyLimit);
}

/**
 * Returns the key with these labels, and adds it if it is new. Returns `other` if the key is new
 * and there is no room for it.
 */
export function keyOf(state: RuleState, labels: Readonly<Record<string, string>>): KeyState {
  const known = state.keys.get(keyId(labels));
  if (known !== undefined) return known;
  if (!isFull(state) || state.plan.rule.program.by.length === 0) return addKey(state, labels);
  return state.keys.get(OTHER_ID) ?? addKey(state, OTHER_LABELS);
}

/** Returns the key with these labels, if it is known. */
export function knownKey({ keys }: RuleState, labels: Readonly<Record<string, string>>): KeyState | undefined {
  return keys.get(keyId(labels));
}

/** Returns the key that an alert's labels name, if it is still known. */
export function keyNamed({ keys, plan }: RuleState, labels: Readonly<Record<string, string>>): KeyState | undefined {
  if (labels["other"] === "true") return keys.get(OTHER_ID);
  const own = plan.rule.program.by.map(({ name }) => [name.text, labels[name.text] ?? ""] as const);
  return keys.get(keyId(Object.fromEntries(own)));
}

/** One list for all keys: most of a hundred thousand keys have nothing in these lists. */
const NONE: readonly never[] = [];

/** Adds a key. No rule has a column `other`: the name is reserved. */
function addKey(state: RuleState, labels: Readonly<Record<string, string>>): KeyState {
  const key = {
    id: keyId(labels),
    labels,
    isOther: labels["other"] === "true",
    window: createKeyWindow(state.window),
    histories: state.histories.length === 0 ? NONE : state.histories.map(createKeyHistory),
    scope: state.zero,
    alert: newAlert(state.policy.levels.length),
    restsUntilMs: -Infinity,
    lastValues: [],
    extremes: NONE,
  };
  state.keys.set(key.id, key);
  return key;
}

function keyId(labels: Readonly<Record<string, string>>): string {
  let id = "";
  for (const name in labels) id += `${name}\0${labels[name] ?? ""}\0`;
  return id;
}

const OTHER_ID = keyId(OTHER_LABELS);
