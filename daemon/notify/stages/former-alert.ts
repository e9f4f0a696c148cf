import { isDeepStrictEqual } from "node:util";
import { alertId, fingerprint, type Labels } from "./alert-labels.ts";
import type { OpenAlert, PipelineState } from "./pipeline-state.ts";
import { emptyMap } from "./small-map.ts";

const REASON = "the settings' labels were changed";

/**
 * Ends alerts that were sent with former labels of the settings: receivers know an alert by its
 * labels. Alerts that fire are sent anew, as Alertmanager does when Prometheus' external labels
 * change.
 *
 * @returns the alerts of `state` that were replaced by others
 */
export function relabel(state: PipelineState, labels: Labels, nowUnixMs: number): readonly OpenAlert[] {
  const { settingsLabels: former } = state;
  state.settingsLabels = labels;
  const gone: OpenAlert[] = [];
  if (former === undefined || isDeepStrictEqual(former, labels)) return gone;
  for (const alert of [...state.alerts.values()]) {
    const isFiring = alert.event.status === "firing";
    if (alert.event.settingsLabels !== undefined || (isFiring && alert.notified.size === 0)) continue;
    const ended = formerOf(alert, former, nowUnixMs);
    state.alerts.set(ended.id, ended);
    if (isFiring) alert.notified = emptyMap();
    else gone.push(alert);
  }
  for (const alert of state.alerts.values())
    if (isDeepStrictEqual(alert.event.settingsLabels, labels) && resume(state, alert)) gone.push(alert);
  return gone;
}

/** Lets an alert fire on, if the labels are as before again, and its end was not sent yet. */
function resume({ alerts }: PipelineState, { event, notified }: OpenAlert): boolean {
  const alert = alerts.get(alertId(event));
  if (alert?.event.status !== "firing") return false;
  alert.notified = new Map([...alert.notified, ...notified]);
  return true;
}

/**
 * Returns the alert as receivers know it, with its end. It has another id, because the same alert
 * may fire with the new labels.
 */
function formerOf(alert: OpenAlert, settingsLabels: Labels, nowUnixMs: number): OpenAlert {
  const { event } = alert;
  const ended = { ...event, status: "resolved", reason: REASON, endsAtUnixMs: nowUnixMs } as const;
  return {
    ...alert,
    id: fingerprint({ settings: fingerprint(settingsLabels), alert: alertId(event) }),
    event: { ...(event.status === "firing" ? ended : event), settingsLabels },
    suppressed: emptyMap(),
  };
}
