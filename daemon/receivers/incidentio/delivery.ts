import { cutVisible } from "../../../bpf/source/visible.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { incidentSteps } from "../../notify/message/incidents.ts";
import { jsonLine } from "../../text/json-line.ts";
import { timeText } from "../../text/time-text.ts";
import type { IncidentIoSettings } from "./settings.ts";

/** A request has at most 512 KB. */
const MAX_DESCRIPTION = 100_000;
const MAX_TITLE = 512;

/**
 * Sends one alert event for each change of an alert
 * (https://api-docs.incident.io/tag/Alert-Events-V2).
 */
export const receiverDelivery = httpDelivery<IncidentIoSettings>({
  render: (delivery, { labels, readSecret }) => {
    const url = readSecret(delivery.action.url);
    const headers = { Authorization: `Bearer ${readSecret(delivery.action.token).trim()}` };
    return incidentSteps(delivery, labels).map(({ incident, status }) => ({
      ...{ url, headers },
      body: jsonLine({
        title: cutVisible(incident.title, MAX_TITLE),
        description: cutVisible(incident.lines.join("\n"), MAX_DESCRIPTION),
        deduplication_key: incident.key,
        status,
        ...(incident.runbook !== undefined && { source_url: incident.runbook }),
        metadata: { ...incident.labels, started_at: timeText(incident.startsAtUnixMs) },
      }),
    }));
  },
});
