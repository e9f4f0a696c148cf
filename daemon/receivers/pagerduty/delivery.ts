import { cutVisible } from "../../../bpf/source/visible.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import { type Incident, type IncidentStep, incidentSteps } from "../../notify/message/incidents.ts";
import { jsonLine } from "../../text/json-line.ts";
import { timeText } from "../../text/time-text.ts";
import type { PagerDutySettings } from "./settings.ts";

/** The longest summary (PD-CEF). */
const MAX_SUMMARY = 1024;
/** The longest key (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/). */
const MAX_KEY = 255;
/** An event has at most 512 KB; the rest of it is much smaller than what is left. */
const MAX_DETAILS = 400_000;

/** Sends one event for each change of an alert. PagerDuty answers 202, and 429 if it is too much. */
export const receiverDelivery = httpDelivery<PagerDutySettings>({
  render: (delivery, { labels, readSecret }) => {
    const [url, key] = [readSecret(delivery.action.url), readSecret(delivery.action.routingKey).trim()];
    return incidentSteps(delivery, labels).map((step): HttpRequest => ({ url, body: jsonLine(eventOf(step, key)) }));
  },
});

function eventOf({ incident, status }: IncidentStep, routingKey: string): object {
  const known = { routing_key: routingKey, dedup_key: `bpfwarden-${incident.key}`.slice(0, MAX_KEY) };
  if (status === "resolved") return { ...known, event_action: "resolve" };
  const { title, source, level, rule, runbook } = incident;
  return {
    ...known,
    event_action: "trigger",
    client: "bpfwarden",
    ...(runbook !== undefined && { links: [{ href: runbook, text: "Runbook" }] }),
    payload: {
      ...{ summary: cutVisible(title, MAX_SUMMARY), source, severity: level },
      timestamp: timeText(incident.startsAtUnixMs),
      ...{ component: rule, group: incident.labels["team"] ?? rule, class: rule },
      custom_details: detailsOf(incident),
    },
  };
}

function detailsOf({ lines, labels }: Incident): object {
  return { labels, details: cutVisible(lines.join("\n"), MAX_DETAILS) };
}
