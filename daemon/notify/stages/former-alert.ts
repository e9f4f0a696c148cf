import { isDeepStrictEqual } from "node:util";
import { alertId, fingerprint, type Labels } from "./alert-labels.ts";
import type { OpenAlert, PipelineState } from "./pipeline-state.ts";

const REASON = "the settings' labels were changed";

/**
 * Has what was told with former labels of the settings end with those: receivers know an alert by
 * its labels. What fires is to be told anew, as Alertmanager has it where Prometheus' external
 * labels change.
 *
 * @returns the alerts that were in `state` and that others have taken the place of
 */
export function relabel(state: PipelineState, labels: Labels, nowUnixMs: number): readonly OpenAlert[] {
  const { settingsLabels: former } = state;
  state.settingsLabels = labels;
  const gone: OpenAlert[] = [];
  if (former === undefined || isDeepStrictEqual(former, labels)) return gone;
  for (const alert of [...state.alerts.values()]) {
    const isFiring = alert.event.status === "firing";
    if (alert.event.settingsLabels !== undefined || (isFiring && alert.heard.size === 0)) continue;
    const ended = formerOf(alert, former, nowUnixMs);
    state.alerts.set(ended.id, ended);
    if (isFiring) alert.heard.clear();
    else gone.push(alert);
  }
  for (const alert of state.alerts.values())
    if (isDeepStrictEqual(alert.event.settingsLabels, labels) && resume(state, alert)) gone.push(alert);
  return gone;
}

/** The labels are as they were, before its end was told: it fires on. */
function resume({ alerts }: PipelineState, { event, heard }: OpenAlert): boolean {
  const alert = alerts.get(alertId(event));
  if (alert?.event.status !== "firing") return false;
  for (const [action, what] of heard) alert.heard.set(action, what);
  return true;
}

/**
 * The alert as receivers know it, which has ended. Its id is another one: the same may fire with
 * the new labels.
 */
function formerOf(alert: OpenAlert, settingsLabels: Labels, nowUnixMs: number): OpenAlert {
  const { event, heard, owed, knowing } = alert;
  const ended = { ...event, status: "resolved", reason: REASON, endsAtUnixMs: nowUnixMs } as const;
  return {
    ...alert,
    id: fingerprint({ settings: fingerprint(settingsLabels), alert: alertId(event) }),
    event: { ...(event.status === "firing" ? ended : event), settingsLabels },
    ...{ heard: new Map(heard), owed: new Map(owed), knowing: new Set(knowing), heldBack: new Map<string, string>() },
  };
}
