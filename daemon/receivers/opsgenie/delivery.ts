import { cutVisible } from "../../../bpf/source/visible.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import { type Incident, incidentSteps } from "../../notify/message/incidents.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import { jsonLine } from "../../text/json-line.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";
import type { OpsgenieSettings } from "./settings.ts";

/**
 * The limits of the fields, in characters, and the number of tags
 * (https://docs.opsgenie.com/docs/alert-api#create-alert).
 */
const MAX = { message: 130, description: 15_000, source: 100, entity: 512, details: 8000, tag: 50 } as const;

const PRIORITIES: Readonly<Record<Level, string>> = { critical: "P1", warning: "P3", info: "P5" };

/** Opens an alert, or closes it by its alias. Opsgenie answers 202 and does the rest later. */
export const receiverDelivery = httpDelivery<OpsgenieSettings>({
  render: (delivery, { labels, readSecret }) => {
    const url = withoutEndSlashes(readSecret(delivery.action.url).trim());
    const headers = { Authorization: `GenieKey ${readSecret(delivery.action.apiKey).trim()}` };
    return incidentSteps(delivery, labels).map(({ incident, status }): HttpRequest => {
      if (status === "firing") return { url, headers, body: jsonLine(alertOf(incident)) };
      const close = `${url}/${aliasOf(incident)}/close?identifierType=alias`;
      return {
        url: close,
        headers,
        body: jsonLine({ source: cutVisible(incident.source, MAX.source), note: "resolved" }),
      };
    });
  },
});

const aliasOf = ({ key }: Incident): string => `bpfwarden-${key}`;

function alertOf(incident: Incident): object {
  const { title, lines, labels, rule, source, level, isDrill } = incident;
  return {
    message: cutVisible(title, MAX.message),
    alias: aliasOf(incident),
    description: cutVisible([title, ...lines].join("\n"), MAX.description),
    ...{ entity: cutVisible(rule, MAX.entity), source: cutVisible(source, MAX.source) },
    tags: [level, ...(isDrill ? ["drill"] : [])],
    details: boundedDetails(labels),
    priority: PRIORITIES[level],
  };
}

/** Returns labels until their texts are as many characters as all details may have. */
function boundedDetails(labels: Incident["labels"]): Readonly<Record<string, string>> {
  let left = MAX.details;
  const entries = Object.entries(labels).map(([name, value]) => [name, cutVisible(value, 1000)] as const);
  return Object.fromEntries(entries.filter(([name, value]) => (left -= name.length + value.length) >= 0));
}
