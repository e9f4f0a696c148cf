import { cutVisible } from "../../../bpf/source/visible.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { incidentSteps } from "../../notify/message/incidents.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { GrafanaOnCallSettings } from "./settings.ts";

const MAX_TITLE = 1024;
const MAX_MESSAGE = 100_000;

/**
 * Sends one request for each change of an alert
 * (https://grafana.com/docs/oncall/latest/configure/integrations/references/webhook/#formatted-webhook).
 */
export const receiverDelivery = httpDelivery<GrafanaOnCallSettings>({
  render: (delivery, { labels, readSecret }) => {
    const url = readSecret(delivery.action.url);
    return incidentSteps(delivery, labels).map(({ incident, status }) => ({
      url,
      body: jsonLine({
        alert_uid: incident.key,
        title: cutVisible(incident.title, MAX_TITLE),
        message: cutVisible(incident.lines.join("\n"), MAX_MESSAGE),
        state: status === "resolved" ? "ok" : "alerting",
        ...(incident.runbook !== undefined && { link_to_upstream_details: incident.runbook }),
        ...{ severity: incident.level, labels: incident.labels },
      }),
    }));
  },
});
