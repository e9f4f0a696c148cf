import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import type { DeliveryTo, ReceiverContext, ReceiverDelivery } from "../../notify/deliver/receiver-delivery.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import { isResend } from "../../notify/queue/resend.ts";
import { jsonLine } from "../../text/json-line.ts";
import { alertsBody } from "./alerts-body.ts";
import { type AlertmanagerSettings, RESEND_MS } from "./settings.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";

/**
 * POSTs to every replica (https://prometheus.io/docs/alerting/latest/high_availability/). One that
 * takes the alerts is enough, as for Prometheus: the others get them when they are sent again.
 */
export const receiverDelivery: ReceiverDelivery<AlertmanagerSettings> = {
  async deliver(delivery, context, signal) {
    if (isOver(delivery, context)) return { ok: true };
    const body = jsonLine(alertsBody(delivery, context.labels, context.nowUnixMs()));
    const posts = delivery.action.urls.map((_, replica) => poster(replica, body).deliver(delivery, context, signal));
    return joined(await Promise.all(posts));
  },
};

/** True for a resend that waited so long that the next one replaces it. */
function isOver({ content }: DeliveryTo<AlertmanagerSettings>, { nowUnixMs }: ReceiverContext): boolean {
  return content.kind === "alerts" && isResend(content) && nowUnixMs() - content.openedAtUnixMs > RESEND_MS;
}

const poster = (replica: number, body: string): ReceiverDelivery<AlertmanagerSettings> =>
  httpDelivery<AlertmanagerSettings>({
    render: ({ action: { urls, token } }, { readSecret }) => {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${readSecret(token).trim()}` };
      return urls.slice(replica, replica + 1).map((url) => ({ url: apiOf(readSecret(url)), headers, body }));
    },
  });

/** Returns the URL of the API for the URL of Alertmanager, which may have a prefix. */
function apiOf(text: string): string {
  const url = URL.parse(text.trim());
  if (url === null) return text;
  if (!url.pathname.endsWith("/api/v2/alerts")) url.pathname = `${withoutEndSlashes(url.pathname)}/api/v2/alerts`;
  return url.href;
}

function joined(outcomes: readonly Outcome[]): Outcome {
  const failures = outcomes.filter((outcome) => !outcome.ok);
  const [first] = failures;
  if (first === undefined) return { ok: true };
  if (failures.length === outcomes.length) return first;
  const errors = failures.map(({ error }) => error).join("; ");
  return { ok: true, warning: `${failures.length} of ${outcomes.length} replicas did not take the alerts: ${errors}` };
}
