import { durationText } from "../../text/duration-text.ts";
import type { AlertEvent } from "./alert.ts";
import type { EventMoment } from "./alert-event.ts";
import type { AlertRecord } from "./alert-record.ts";
import type { KeyState, RuleState } from "../rule-state.ts";

/**
 * The notice about an alert that fires over and over. It fires when that begins, and ends once the
 * alert has settled.
 */
export const FLAP_NOTICE = "BpfwardenAlertFlaps";

/**
 * Returns the notice about a key's flapping, if its alert flaps since `before`, or no longer flaps.
 */
export function flapEvents(
  state: RuleState,
  key: KeyState,
  before: AlertRecord,
  moment: EventMoment,
): readonly AlertEvent[] {
  const [did, does] = [before.firing?.flaps === true, key.alert.firing?.flaps === true];
  if (did === does) return [];
  const { fires, withinMs } = state.policy.flap;
  const within = durationText(withinMs * 1e6);
  return does
    ? [
        flapEvent(
          state,
          key,
          "firing",
          `fired ${fires} times within ${within}: its end is sent after it has been quiet for ${within}`,
          moment,
        ),
      ]
    : [flapEvent(state, key, "resolved", `it has been quiet for ${within}`, moment)];
}

/** Returns the notice, with the labels of the alert that it is about. */
export function flapEvent(
  { plan: { rule } }: RuleState,
  key: KeyState,
  status: AlertEvent["status"],
  reason: string,
  { unixMs, confidence }: EventMoment,
): AlertEvent {
  const startsAtUnixMs = key.alert.firing?.startsAtUnixMs ?? unixMs;
  return {
    rule: FLAP_NOTICE,
    labels: { ...rule.labels, ...key.labels, rule: rule.name.text },
    status,
    level: "warning",
    reason,
    startsAtUnixMs,
    ...(status === "resolved" && { endsAtUnixMs: unixMs }),
    confidence,
    values: {},
    summary: `${rule.name.text}: ${reason}`,
    windowMs: rule.windowMs,
  };
}
