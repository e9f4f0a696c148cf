import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { cutBytes } from "../../notify/message/cut-bytes.ts";
import { type IncidentStep, incidentSteps } from "../../notify/message/incidents.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { NtfySettings } from "./settings.ts";

/** The limits of ntfy.sh in bytes: a longer message becomes an attachment. */
const MAX_TITLE_BYTES = 250;
const MAX_MESSAGE_BYTES = 4096;

/** https://docs.ntfy.sh/publish/#message-priority */
const PRIORITIES: Readonly<Record<Level, number>> = { critical: 5, warning: 4, info: 3 };
/** Short codes of emojis (https://docs.ntfy.sh/emojis/). */
const TAGS: Readonly<Record<Level, string>> = { critical: "rotating_light", warning: "warning", info: "bell" };

/** Publishes as JSON (https://docs.ntfy.sh/publish/#publish-as-json). */
export const receiverDelivery = httpDelivery<NtfySettings>({
  render: (delivery, { labels, readSecret }) => {
    const { url, topic, token } = delivery.action;
    const headers = token === undefined ? {} : { Authorization: `Bearer ${readSecret(token).trim()}` };
    const [server, name] = [readSecret(url), readSecret(topic).trim()];
    return incidentSteps(delivery, labels).map((step) => ({
      ...{ url: server, headers },
      body: jsonLine({ topic: name, ...messageOf(step) }),
    }));
  },
});

function messageOf({ incident, status }: IncidentStep): object {
  const { title, lines, level, rule, source, runbook } = incident;
  const isEnd = status === "resolved";
  return {
    title: cutBytes(`${isEnd ? "resolved" : level}: ${rule} on ${source}`, MAX_TITLE_BYTES),
    message: cutBytes([title, ...lines].join("\n"), MAX_MESSAGE_BYTES),
    priority: isEnd ? PRIORITIES.info : PRIORITIES[level],
    tags: [isEnd ? "white_check_mark" : TAGS[level], ...(incident.isDrill ? ["drill"] : [])],
    ...(runbook !== undefined && { click: runbook }),
  };
}
