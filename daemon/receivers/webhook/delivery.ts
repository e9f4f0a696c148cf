import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import type { DeliveryTo, ReceiverContext } from "../../notify/deliver/receiver-delivery.ts";
import { jsonLine } from "../../text/json-line.ts";
import { cloudEvent } from "./cloud-event.ts";
import { filledBody } from "./filled-body.ts";
import type { WebhookSettings } from "./settings.ts";
import { signatureHeaders } from "./signature.ts";
import { webhookBody } from "./webhook-body.ts";

/** Sends `webhookBody`, or another body that is made of its fields. */
export const receiverDelivery = httpDelivery<WebhookSettings>({
  render: (delivery, context) => {
    const { url, method, headers, authorization, sign } = delivery.action;
    const { readSecret, nowUnixMs } = context;
    const { body, contentType } = bodyOf(delivery, context);
    return [
      {
        ...{ url: readSecret(url), body, ...(method !== undefined && { method }) },
        headers: {
          ...(contentType !== undefined && { "Content-Type": contentType }),
          ...headers,
          ...(authorization !== undefined && { Authorization: readSecret(authorization).trim() }),
          ...(sign !== undefined && signatureHeaders({ key: readSecret(sign), id: delivery.id, body }, nowUnixMs())),
        },
      },
    ];
  },
});

interface Body {
  readonly body: string;
  /** `application/json` if not given */
  readonly contentType?: string;
}

/** A request that asks for something has no body (RFC 9110 §9.3.1). */
const BODILESS = "GET";

function bodyOf(
  { id, action, content }: DeliveryTo<WebhookSettings>,
  { labels, checkpoints, nowUnixMs }: ReceiverContext,
): Body {
  if (action.method === BODILESS) return { body: "" };
  const fields = webhookBody({ action, content }, labels, checkpoints);
  if (action.body !== undefined) return { body: jsonLine(filledBody(action.body, { ...fields })) };
  if (action.format !== "cloudevents") return { body: jsonLine(fields) };
  return { body: jsonLine(cloudEvent(id, content, fields, labels, nowUnixMs())), contentType: CLOUD_EVENTS };
}

const CLOUD_EVENTS = "application/cloudevents+json";
