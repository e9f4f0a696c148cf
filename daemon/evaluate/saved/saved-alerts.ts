import type { AlertRecord } from "../alerts/alert-record.ts";
import { keyOf, type KeyState, NOTICE_LEVELS, type RuleState } from "../rule-state.ts";
import { type PartOf, partOf } from "./fates.ts";
import { withPresentNames } from "./former-names.ts";
import { type Encoded, decodeValue, encodeValue } from "./json-values.ts";
import type { Restart } from "./kept.ts";
import { KEY, RULE } from "./kept-state.ts";
import { partsOf } from "./parts-of.ts";
import { clockShiftMs, gapMs, type SavedMoment } from "./saved-moment.ts";
import { LABELS } from "./saved-shapes.ts";
import { list, object, type Shape, shaped } from "./shape.ts";

const RULE_PART = partOf<RuleState>()(RULE, "alerts");
const KEY_PART = partOf<KeyState>()(KEY, "alerts");

/**
 * The alerts of a rule that are not simply ok. They are written whenever they change, so they are
 * small.
 */
export interface SavedAlerts {
  readonly at: SavedMoment;
  readonly alerts: Encoded;
}

type SavedKey = Pick<KeyState, "labels"> & PartOf<KeyState, typeof KEY, "alerts">;
type Alerts = PartOf<RuleState, typeof RULE, "alerts"> & { readonly keys: readonly SavedKey[] };

/** Saves all alerts in one part, however many keys there are. */
export function saveAlerts(state: RuleState, at: SavedMoment): SavedAlerts {
  const [whole] = saveAlertsInParts(state, at, Infinity);
  if (whole === undefined) throw new Error("expected a part");
  return whole;
}

/**
 * Saves alerts one part after the other, with at most `most` keys each; at least one part. The
 * state must not change before all parts were taken.
 */
export function* saveAlertsInParts(state: RuleState, at: SavedMoment, most: number): Generator<SavedAlerts, void> {
  const open = [...state.keys.values()].filter(({ alert }) => alert.state !== "ok" || alert.firedAtMs !== undefined);
  for (const part of partsOf(open, most)) {
    const keys = part.map((key) => ({ labels: key.labels, ...KEY_PART.save(key) }));
    yield { at, alerts: encodeValue({ keys, ...RULE_PART.save(state) } satisfies Alerts) };
  }
}

/** Returns a text that differs once something of a rule's alerts must be saved. */
export function alertsEssence(state: RuleState): string {
  return JSON.stringify(encodeValue([state.alertsRevision, RULE_PART.essence(state)]));
}

/** The former names of fields, by their present names. */
const FORMER_NAMES = { reportedAtMs: "toldAtMs" } as const;

const presentNames = (saved: unknown): unknown =>
  typeof saved === "object" && saved !== null ? withPresentNames(saved, FORMER_NAMES) : saved;

/**
 * Restores alerts as they were when they were saved. Timers of `for` and `keep_firing` go on from
 * there, since nobody watched meanwhile. After a break of more than an hour, nothing is known of
 * alerts that were pending. An alert that fires goes on firing.
 *
 * @param seenAt when the alerts were last known to be so, if that is later than when they were
 *   saved
 */
export function restoreAlerts(
  state: RuleState,
  saved: SavedAlerts,
  now: SavedMoment,
  seenAt: SavedMoment = saved.at,
): void {
  const alerts = shaped(ALERTS, presentNames(decodeValue(saved.alerts)));
  for (const { alert } of alerts.keys) checkLevels(alert, state.policy.levels.length);
  for (const notice of Object.values(alerts.notices)) checkLevels(notice, NOTICE_LEVELS.length);
  const breakMs = Math.min(gapMs(saved.at, now), gapMs(seenAt, now));
  const restart: Restart = { shiftMs: clockShiftMs(saved.at, now), breakMs };
  for (const key of alerts.keys) KEY_PART.restore(keyOf(state, key.labels), key, restart);
  RULE_PART.restore(state, alerts, restart);
}

/**
 * Restores alerts as `restoreAlerts` does, but keeps those that fire by what `state` has found
 * meanwhile.
 */
export function takeUpAlerts(state: RuleState, saved: SavedAlerts, now: SavedMoment, seenAt?: SavedMoment): void {
  const present = RULE_PART.save(state);
  const firing = [...state.keys.values()].filter(({ alert }) => alert.firing !== undefined);
  const records = firing.map((key) => ({ key, alert: key.alert }));
  restoreAlerts(state, saved, now, seenAt);
  for (const { key, alert } of records) key.alert = alert;
  const { degraded, noData } = state.notices;
  const notices = {
    degraded: present.notices.degraded.firing === undefined ? degraded : present.notices.degraded,
    noData: present.notices.noData.firing === undefined ? noData : present.notices.noData,
  };
  RULE_PART.put(state, { ...present, notices });
  state.restedWhole = undefined;
  state.alertsRevision++;
}

const ALERTS: Shape<Alerts> = object<Alerts>({
  ...RULE_PART.shapes,
  keys: list(object<SavedKey>({ ...KEY_PART.shapes, labels: LABELS })),
});

function checkLevels({ heldSinceMs, firing }: AlertRecord, levels: number): void {
  if (heldSinceMs.length !== levels || (firing?.level ?? 0) >= levels)
    throw new Error(`expected ${levels} levels, found ${Math.max(heldSinceMs.length, (firing?.level ?? 0) + 1)}`);
}
