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
 * Renders a summary template (liquid). It must not throw: what a template does wrong is its own
 * text.
 */
export type RenderSummary = (template: string, context: Readonly<Record<string, unknown>>) => string;

/** What evaluating a rule needs and what never changes while it runs. */
export interface RulePlan {
  readonly rule: RuleSyntax;
  readonly formulas: RuleFormulas;
  readonly render: RenderSummary;
}

/** The least and the greatest value of a time; undefined where there was no data. */
export interface Extremes {
  readonly lowest?: PeakValue;
  readonly highest?: PeakValue;
}

/** One key of a rule: what it counted in the window, its values of the last tick and its alert. */
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
   * what the threshold compares (`RuleFormulas.judged`) in the last ticks, the oldest first: all of
   * one tick, then all of the next, NaN for no data. One packed array takes a third of what one a
   * tick would.
   */
  readonly lastValues: number[];
  /**
   * the worst of each of the same since the alert fires, or of when it last fired; the highest and
   * the lowest
   */
  extremes: readonly Extremes[];
}

/**
 * What one rule remembers between ticks. `evaluateRule` changes it in place, for copying ten
 * thousand windows a second would buy nothing; nobody else does.
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
   * the end of the last tick with events that were not counted under their key, or not at all for
   * want of a span's slot
   */
  lostKeysAtMs: number;
  /** the end of the last tick for which the rule was reported as degraded */
  toldAtMs: number;
  /** how much time the late ticks have missed that were the last in a row */
  missedMs: number;
  /**
   * true if the window was whole as of the tick that keys rest since; undefined where all keys must
   * be judged next
   */
  restedWhole: boolean | undefined;
  /** counts changes of alerts of keys, but for their reasons */
  alertsRevision: number;
  /** how far apart ticks should be, as the last one was told */
  tickMs: number;
  /**
   * the worst keys of the last tick, by the comparison that they are the worst for, once somebody
   * has asked for them
   */
  readonly topKeys: Map<JudgedComparison, readonly TopKey[]>;
  /** when the last tick was, Unix milliseconds */
  unixMs: number;
  /** when `KeyState.lastValues` were, for all keys */
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
    toldAtMs: -Infinity,
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
 * Of a rule with `by` a key without data ends as a series does that has gone, unless the rule says
 * `no_data: keep`.
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
 * Why a total that has fallen may be no end, though the counts of now can be trusted: the kernel's
 * map of keys begins empty each tick, so where keys are too many any of them may be counted under
 * `other` instead.
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
 * kernel has seen to it that no user has all of them.
 */
function isFull({ keys, plan }: RuleState): boolean {
  return keys.size - (keys.has(OTHER_ID) ? 1 : 0) >= roomWithReserve(plan.rule.program.keyLimit);
}

/**
 * The key with these labels, made where it is new; `other` where it is new and there are as many as
 * there may be.
 */
export function keyOf(state: RuleState, labels: Readonly<Record<string, string>>): KeyState {
  const known = state.keys.get(keyId(labels));
  if (known !== undefined) return known;
  if (!isFull(state) || state.plan.rule.program.by.length === 0) return addKey(state, labels);
  return state.keys.get(OTHER_ID) ?? addKey(state, OTHER_LABELS);
}

/** The key that an alert's labels name, where it is still known. */
export function keyNamed({ keys, plan }: RuleState, labels: Readonly<Record<string, string>>): KeyState | undefined {
  if (labels["other"] === "true") return keys.get(OTHER_ID);
  const own = plan.rule.program.by.map(({ name }) => [name.text, labels[name.text] ?? ""] as const);
  return keys.get(keyId(Object.fromEntries(own)));
}

/** One for all: most of a hundred thousand keys have nothing in these lists. */
const NONE: readonly never[] = [];

/** `other` is no column of any rule: its name is reserved. */
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
