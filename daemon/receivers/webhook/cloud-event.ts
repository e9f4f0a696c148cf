import type { DeliveryContent } from "../../notify/queue/delivery.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import { timeText } from "../../text/time-text.ts";

/**
 * Returns a message as a CloudEvent in structured mode
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). The id is the same on
 * every attempt.
 */
export function cloudEvent(
  id: string,
  content: DeliveryContent,
  data: object,
  labels: Labels,
  nowUnixMs: number,
): object {
  const { rule } = content;
  return {
    specversion: "1.0",
    id,
    source: `/bpfwarden/${encodeURIComponent(labels["instance"] ?? "host")}`,
    type: `bpfwarden.${typeOf(content)}`,
    subject: rule,
    time: timeText(nowUnixMs),
    datacontenttype: "application/json",
    data,
  };
}

function typeOf(content: DeliveryContent): string {
  if (content.kind === "events") return "records";
  return content.alerts.some(({ status }) => status === "firing") ? "firing" : "resolved";
}
