import type { AlertRecord, FiringRecord } from "../alerts/alert-record.ts";
import type { History, KeyHistory } from "../formula/history.ts";
import type { KeyState, RuleState } from "../rule-state.ts";
import type { AggregateWindow } from "../window/aggregate-window.ts";
import type { HealthWindow } from "../window/health-window.ts";
import type { KeyWindow } from "../window/key-window.ts";
import type { Window } from "../window/window.ts";
import type { Step } from "../window/window-step.ts";
import { APART, type Fates, inAlerts, inCounts, OF_RULE, OF_TICK } from "./fates.ts";
import {
  each,
  eachOf,
  fields,
  isForgotten,
  type Kept,
  maybe,
  same,
  since,
  sinceUnforgotten,
  time,
  timeNs,
  unnoticed,
} from "./kept.ts";
import { array, flag, index, number, numbersByNumber, object, oneOf, optional, text, unixTime } from "./shape.ts";

/**
 * The tables of the fields of a rule's state that survive a restart. Saving, restoring and
 * comparing are derived from them.
 */

const ALERT_FIELDS = fields<AlertRecord>({
  state: same(oneOf("ok", "pending", "firing", "no_data", "degraded")),
  heldSinceMs: each(sinceUnforgotten),
  firing: maybe(
    fields<FiringRecord>({
      level: same(index),
      startsAtUnixMs: same(unixTime),
      stoppedSinceMs: sinceUnforgotten,
      flaps: same(optional(oneOf(true))),
    }),
  ),
  reason: unnoticed(text),
  missingSinceMs: maybe(since),
  firedAtMs: maybe(each(time)),
});

/** An alert that was only pending is ok after a long break. */
const ALERT: Kept<AlertRecord> = {
  ...ALERT_FIELDS,
  revive(saved, restart) {
    const alert = ALERT_FIELDS.revive(saved, restart);
    const isOver = alert.state === "pending" && alert.firing === undefined && isForgotten(restart);
    return isOver ? { ...alert, state: "ok" } : alert;
  },
};

export const RULE = {
  plan: OF_RULE,
  policy: OF_RULE,
  zero: OF_RULE,
  window: APART,
  health: APART,
  histories: APART,
  keys: APART,
  notices: inAlerts(fields<RuleState["notices"]>({ degraded: ALERT, noData: ALERT })),
  untrustedAtMs: inAlerts(time),
  lostKeysAtMs: inAlerts(time),
  reportedAtMs: inAlerts(time),
  missedMs: inCounts(same(number)),
  tickMs: inCounts(same(number)),
  restedWhole: OF_TICK,
  alertsRevision: OF_TICK,
  topKeys: OF_TICK,
  unixMs: OF_TICK,
  lastTimesUnixMs: OF_TICK,
} satisfies Fates<RuleState>;

export const KEY = {
  id: OF_RULE,
  isOther: OF_RULE,
  // By them a key is found in each document.
  labels: APART,
  window: APART,
  histories: APART,
  alert: inAlerts(ALERT),
  // Saved only while the alert fires.
  extremes: APART,
  scope: OF_TICK,
  restsUntilMs: OF_TICK,
  lastValues: OF_TICK,
} satisfies Fates<KeyState>;

export const WINDOW = {
  windowMs: OF_RULE,
  aggregates: OF_RULE,
  offsets: OF_RULE,
  hasBuckets: OF_RULE,
  // Saved to see if steps are still laid out like this.
  stride: APART,
  steps: APART,
  nextSequence: inCounts(same(number)),
  coveredMs: inCounts(same(number)),
  missingUntilMs: inCounts(time),
} satisfies Fates<Window>;

export const STEP = {
  sequence: inCounts(same(number)),
  startMs: inCounts(time),
  endMs: inCounts(time),
  watchedMs: inCounts(same(number)),
  // Its rows are saved with the keys of each part.
  keys: APART,
  amounts: APART,
  buckets: APART,
} satisfies Fates<Step>;

export const KEY_WINDOW = {
  aggregates: APART,
  // Earlier versions expect these; they are counted again as rows are put back.
  rows: inCounts(same(number)),
  newestStep: inCounts(same(number)),
  newestRow: inCounts(same(number)),
  isChanged: OF_TICK,
} satisfies Fates<KeyWindow>;

export const HISTORY = {
  recall: OF_RULE,
  zeroValue: OF_RULE,
  windowMs: OF_RULE,
  stepMs: OF_RULE,
  keepMs: OF_RULE,
  timesMs: inCounts(eachOf(time)),
  keepsNow: OF_TICK,
  inReach: OF_TICK,
} satisfies Fates<History>;

export const KEY_HISTORY = {
  values: inCounts(same(array(number))),
  eventful: inCounts(same(number)),
} satisfies Fates<KeyHistory>;

type HealthTick = HealthWindow["ticks"][number];

export const HEALTH = {
  windowMs: OF_RULE,
  ticks: inCounts(
    eachOf(
      fields<HealthTick>({
        middleMs: time,
        counts: same(
          object<HealthTick["counts"]>({
            lostEvents: number,
            keysOverLimit: number,
            faultedReads: number,
            orphanedSpans: number,
            skippedRuns: number,
            lateTicks: number,
            leftOutRecords: number,
            lostSpans: number,
            unknownEvents: optional(number),
          }),
        ),
      }),
    ),
  ),
  countsSkipped: inCounts(same(flag)),
  losses: OF_TICK,
} satisfies Fates<HealthWindow>;

type WindowOf<Kind extends AggregateWindow["kind"]> = Extract<AggregateWindow, { readonly kind: Kind }>;
type Latest = NonNullable<WindowOf<"latest">["latest"]>;

/** The tables of aggregates, by kind of window. */
export const AGGREGATES = {
  additive: {
    kind: OF_RULE,
    form: OF_RULE,
    slots: inCounts(same(array(number))),
    cutOff: inCounts(same(array(number))),
    countedTicks: inCounts(same(number)),
  },
  extreme: {
    kind: OF_RULE,
    aggregate: OF_RULE,
    candidates: inCounts(
      same(array(object<WindowOf<"extreme">["candidates"][number]>({ sequence: number, value: number }))),
    ),
  },
  latest: {
    kind: OF_RULE,
    latest: inCounts(maybe(fields<Latest>({ sequence: same(number), timeNs, value: same(number) }))),
  },
  distribution: {
    kind: OF_RULE,
    aggregate: OF_RULE,
    counts: inCounts(same(numbersByNumber)),
    count: inCounts(same(number)),
    sorted: OF_TICK,
  },
  distinct: { kind: OF_RULE, newest: inCounts(same(numbersByNumber)), estimate: OF_TICK },
} satisfies { readonly [Kind in AggregateWindow["kind"]]: Fates<WindowOf<Kind>> };
