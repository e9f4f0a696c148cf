import { cutVisible } from "../../../bpf/source/visible.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { answerFields, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import { type IncidentStep, incidentSteps } from "../../notify/message/incidents.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import type { Level } from "../../rules/rule-syntax.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { PushoverSettings } from "./settings.ts";

/** The limits of the fields in characters (https://pushover.net/api#limits). */
const MAX = { title: 250, message: 1024, url: 512 } as const;
/** https://pushover.net/api#priority: 2 is an emergency and needs `retry` and `expire`. */
const PRIORITIES: Readonly<Record<Level, number>> = { critical: 1, warning: 0, info: -1 };
const EMERGENCY = { priority: 2, retry: 60, expire: 3600 };

/** Sends one message for each change of an alert. */
export const receiverDelivery = httpDelivery<PushoverSettings>({
  render: (delivery, { labels, readSecret }) => {
    const { url, token, user, isEmergency } = delivery.action;
    const known = { token: readSecret(token).trim(), user: readSecret(user).trim() };
    const to = readSecret(url);
    return incidentSteps(delivery, labels).map((step) => ({
      url: to,
      body: jsonLine({ ...known, ...messageOf(step, isEmergency) }),
    }));
  },
  classify,
});

/**
 * Returns the outcome of an answer whose body says more than its status
 * (https://pushover.net/api#response).
 */
function classify(answer: Answer): Outcome | undefined {
  const { status, user, token, errors } = answerFields(answer);
  if (isSuccess(answer)) return status === 1 ? undefined : strangeAnswer(answer, "Pushover", '"status":1');
  if (answer.status !== 400 || (user === undefined && token === undefined)) return undefined;
  return { ok: false, trouble: "setup", error: `Pushover answers ${JSON.stringify(errors)}` };
}

function messageOf({ incident, status }: IncidentStep, isEmergency: boolean): object {
  const { title, lines, level, rule, source, runbook, startsAtUnixMs, endsAtUnixMs } = incident;
  const isEnd = status === "resolved";
  const isUrgent = isEmergency && level === "critical" && !isEnd;
  return {
    title: cutVisible(`${isEnd ? "resolved" : level}: ${rule} on ${source}`, MAX.title),
    message: cutVisible([title, ...lines].join("\n"), MAX.message),
    timestamp: Math.floor((isEnd ? (endsAtUnixMs ?? startsAtUnixMs) : startsAtUnixMs) / 1000),
    ...(isUrgent ? EMERGENCY : { priority: isEnd ? PRIORITIES.info : PRIORITIES[level] }),
    ...(runbook !== undefined && runbook.length <= MAX.url && { url: runbook, url_title: "Runbook" }),
  };
}
