import type { AlertRecord } from "../alerts/alert-record.ts";
import { type Encoded, decodeValue, encodeValue } from "./json-values.ts";
import { ALERT_RECORD, LABELS } from "./saved-shapes.ts";
import { list, number, object, type Shape, shaped } from "./shape.ts";
import { keyOf, NOTICE_LEVELS, type RuleState } from "../rule-state.ts";
import { partsOf } from "./parts-of.ts";
import { clockShiftMs, gapMs, type SavedMoment } from "./saved-moment.ts";

/**
 * After a longer break nothing is known of what was pending: Prometheus's
 * `--rules.alert.for-outage-tolerance`.
 */
const LONGEST_BREAK_MS = 3_600_000;

/**
 * What a rule must remember of its alerts: those that are not simply ok. Written whenever it
 * changes, so it is small.
 */
export interface SavedAlerts {
  readonly at: SavedMoment;
  readonly alerts: Encoded;
}

interface Alerts {
  readonly keys: readonly { readonly labels: Readonly<Record<string, string>>; readonly alert: AlertRecord }[];
  readonly notices: RuleState["notices"];
  readonly untrustedAtMs: number;
  readonly lostKeysAtMs: number;
  readonly toldAtMs: number;
}

/** All in one part: of as many keys as there are. */
export function saveAlerts(state: RuleState, at: SavedMoment): SavedAlerts {
  const [whole] = saveAlertsInParts(state, at, Infinity);
  if (whole === undefined) throw new Error("expected a part");
  return whole;
}

/**
 * One part after the other, each of so many keys at most; one at least. The state must not change
 * before all were taken.
 */
export function* saveAlertsInParts(state: RuleState, at: SavedMoment, most: number): Generator<SavedAlerts, void> {
  const open = [...state.keys.values()].filter(({ alert }) => alert.state !== "ok" || alert.firedAtMs !== undefined);
  const { notices, untrustedAtMs, lostKeysAtMs, toldAtMs } = state;
  for (const part of partsOf(open, most)) {
    const keys = part.map(({ labels, alert }) => ({ labels, alert }));
    yield { at, alerts: encodeValue({ keys, notices, untrustedAtMs, lostKeysAtMs, toldAtMs } satisfies Alerts) };
  }
}

/**
 * Puts alerts where they were when they were saved. A `for` and a `keep_firing` go on where they
 * were, for nobody watched meanwhile; of what was pending before a break of more than an hour
 * nothing is known. What fires goes on firing.
 *
 * @param seenAt when the alerts were last known to be so, where that is later than when they were
 * saved
 */
export function restoreAlerts(
  state: RuleState,
  saved: SavedAlerts,
  now: SavedMoment,
  seenAt: SavedMoment = saved.at,
): void {
  const alerts = shaped(ALERTS, decodeValue(saved.alerts));
  const { keys, notices, untrustedAtMs, lostKeysAtMs, toldAtMs } = alerts;
  for (const { alert } of keys) checkLevels(alert, state.policy.levels.length);
  for (const notice of Object.values(notices)) checkLevels(notice, NOTICE_LEVELS.length);
  const shiftMs = clockShiftMs(saved.at, now);
  const breakMs = Math.min(gapMs(saved.at, now), gapMs(seenAt, now));
  const revive = (alert: AlertRecord): AlertRecord => revived(alert, shiftMs, breakMs);
  for (const { labels, alert } of keys) keyOf(state, labels).alert = revive(alert);
  state.notices.degraded = revive(notices.degraded);
  state.notices.noData = revive(notices.noData);
  state.untrustedAtMs = untrustedAtMs + shiftMs;
  state.lostKeysAtMs = lostKeysAtMs + shiftMs;
  state.toldAtMs = toldAtMs + shiftMs;
}

/**
 * Puts those alerts where they were when they were saved that do not fire by what `state` has found
 * meanwhile.
 */
export function takeUpAlerts(state: RuleState, saved: SavedAlerts, now: SavedMoment, seenAt?: SavedMoment): void {
  const { untrustedAtMs, lostKeysAtMs, toldAtMs, notices } = state;
  const { degraded, noData } = notices;
  const firing = [...state.keys.values()].filter(({ alert }) => alert.firing !== undefined);
  const records = firing.map((key) => ({ key, alert: key.alert }));
  restoreAlerts(state, saved, now, seenAt);
  for (const { key, alert } of records) key.alert = alert;
  if (degraded.firing !== undefined) notices.degraded = degraded;
  if (noData.firing !== undefined) notices.noData = noData;
  Object.assign(state, { untrustedAtMs, lostKeysAtMs, toldAtMs });
  state.restedWhole = undefined;
  state.alertsRevision++;
}

const ALERTS: Shape<Alerts> = object<Alerts>({
  keys: list(object({ labels: LABELS, alert: ALERT_RECORD })),
  notices: object({ degraded: ALERT_RECORD, noData: ALERT_RECORD }),
  ...{ untrustedAtMs: number, lostKeysAtMs: number, toldAtMs: number },
});

function checkLevels({ heldSinceMs, firing }: AlertRecord, levels: number): void {
  if (heldSinceMs.length !== levels || (firing?.level ?? 0) >= levels)
    throw new Error(`expected ${levels} levels, found ${Math.max(heldSinceMs.length, (firing?.level ?? 0) + 1)}`);
}

function revived(
  { heldSinceMs, firing, state, reason, missingSinceMs, firedAtMs }: AlertRecord,
  shiftMs: number,
  breakMs: number,
): AlertRecord {
  const byMs = shiftMs + breakMs;
  const fired = {
    ...(missingSinceMs !== undefined && { missingSinceMs: missingSinceMs + byMs }),
    ...(firedAtMs !== undefined && { firedAtMs: firedAtMs.map((ms) => ms + shiftMs) }),
  };
  const isForgotten = breakMs > LONGEST_BREAK_MS;
  const since = heldSinceMs.map((ms) => (ms === undefined || isForgotten ? undefined : ms + byMs));
  if (firing === undefined) {
    return { state: isForgotten && state === "pending" ? "ok" : state, heldSinceMs: since, reason, ...fired };
  }
  const { stoppedSinceMs, ...rest } = firing;
  const stopped = stoppedSinceMs === undefined || isForgotten ? {} : { stoppedSinceMs: stoppedSinceMs + byMs };
  return { state, heldSinceMs: since, firing: { ...rest, ...stopped }, reason, ...fired };
}
