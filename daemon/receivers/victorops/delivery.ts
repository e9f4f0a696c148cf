import { cutVisible } from "../../../bpf/source/visible.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { answerFields, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import { type IncidentStep, incidentSteps } from "../../notify/message/incidents.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { VictorOpsSettings } from "./settings.ts";

/** The longest `state_message`, as Alertmanager cuts it. */
const MAX_MESSAGE = 20_480;
const MAX_NAME = 1024;

const TYPES: Readonly<Record<Level, string>> = { critical: "CRITICAL", warning: "WARNING", info: "INFO" };

/**
 * Sends one request for each change of an alert
 * (https://help.victorops.com/knowledge-base/rest-endpoint-integration-guide/).
 */
export const receiverDelivery = httpDelivery<VictorOpsSettings>({
  render: (delivery, { labels, readSecret }) => {
    const url = readSecret(delivery.action.url);
    return incidentSteps(delivery, labels).map((step) => ({ url, body: jsonLine(messageOf(step)) }));
  },
  classify,
});

function messageOf({ incident, status }: IncidentStep): object {
  const { key, title, lines, level, startsAtUnixMs, source, labels } = incident;
  return {
    // Labels first: none of them can replace a field that the service knows.
    ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label_${name}`, value])),
    message_type: status === "resolved" ? "RECOVERY" : TYPES[level],
    entity_id: `bpfwarden-${key}`,
    entity_display_name: cutVisible(title, MAX_NAME),
    state_message: cutVisible([title, ...lines].join("\n"), MAX_MESSAGE),
    state_start_time: Math.floor(startsAtUnixMs / 1000),
    ...{ monitoring_tool: "bpfwarden", host_name: source },
  };
}

/** Returns the failure that an answer of status 200 says: `{"result": "failure", "messages": …}`. */
function classify(answer: Answer): Outcome | undefined {
  const { result } = answerFields(answer);
  if (!isSuccess(answer) || result === "success") return undefined;
  if (result !== "failure") return strangeAnswer(answer, "Splunk On-Call", '"result"');
  return { ok: false, trouble: "message", error: `Splunk On-Call refused the message: ${answer.body}` };
}
