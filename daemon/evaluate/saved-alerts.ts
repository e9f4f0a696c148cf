import type { AlertRecord } from "./alert-record.ts";
import { type Encoded, decodeValue, encodeValue } from "./json-values.ts";
import { keyOf, type RuleState } from "./rule-state.ts";
import { clockShiftMs, gapMs, type SavedMoment } from "./saved-moment.ts";

/** After a longer break nothing is known of what was pending: Prometheus's `--rules.alert.for-outage-tolerance`. */
const LONGEST_BREAK_MS = 3_600_000;

/** What a rule must remember of its alerts: those that are not simply ok. Written whenever it changes, so it is small. */
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

export function saveAlerts(state: RuleState, at: SavedMoment): SavedAlerts {
  const open = [...state.keys.values()].filter(({ alert }) => alert.state !== "ok" || alert.firedAtMs !== undefined);
  const { notices, untrustedAtMs, lostKeysAtMs, toldAtMs } = state;
  const keys = open.map(({ labels, alert }) => ({ labels, alert }));
  return { at, alerts: encodeValue({ keys, notices, untrustedAtMs, lostKeysAtMs, toldAtMs } satisfies Alerts) };
}

/**
 * Puts alerts where they were when they were saved. A `for` and a `keep_firing` go on where they were, for nobody watched meanwhile; of
 * what was pending before a break of more than an hour nothing is known. What fires goes on firing.
 *
 * @param seenAt when the alerts were last known to be so, where that is later than when they were saved
 */
export function restoreAlerts(
  state: RuleState,
  saved: SavedAlerts,
  now: SavedMoment,
  seenAt: SavedMoment = saved.at,
): void {
  // Written by saveAlerts, whose encoding keeps the types.
  const { keys, notices, untrustedAtMs, lostKeysAtMs, toldAtMs } = decodeValue(saved.alerts) as Alerts;
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

function revived(
  { heldSinceMs, firing, state, reason, firedAtMs }: AlertRecord,
  shiftMs: number,
  breakMs: number,
): AlertRecord {
  const fired = firedAtMs && { firedAtMs: firedAtMs.map((ms) => ms + shiftMs) };
  const byMs = shiftMs + breakMs;
  const isForgotten = breakMs > LONGEST_BREAK_MS;
  const since = heldSinceMs.map((ms) => (ms === undefined || isForgotten ? undefined : ms + byMs));
  if (firing === undefined) {
    return { state: isForgotten && state === "pending" ? "ok" : state, heldSinceMs: since, reason, ...fired };
  }
  const { stoppedSinceMs, ...rest } = firing;
  const stopped = stoppedSinceMs === undefined || isForgotten ? {} : { stoppedSinceMs: stoppedSinceMs + byMs };
  return { state, heldSinceMs: since, firing: { ...rest, ...stopped }, reason, ...fired };
}
