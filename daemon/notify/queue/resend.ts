import type { AlertsContent } from "./delivery.ts";

/** The group of messages that only say again what their receiver was notified of. */
const RESEND_KEY = "{}:{resend}";

/** Returns a message that says again what fires, and what ended lately. */
export function resendOf(alerts: AlertsContent["alerts"], nowUnixMs: number): AlertsContent {
  return {
    ...{ kind: "alerts", rule: alerts[0]?.rule ?? "", alerts, news: 0 },
    ...{ group: { key: RESEND_KEY, labels: {} }, openedAtUnixMs: nowUnixMs },
    ...{ reason: "repeat interval elapsed", truncated: 0, suppressed: 0 },
  };
}

/** True for a message of `resendOf`. A later one replaces it. */
export const isResend = ({ group }: AlertsContent): boolean => group.key === RESEND_KEY;
