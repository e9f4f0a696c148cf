import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { WebhookSettings } from "./settings.ts";
import { webhookBody } from "./webhook-body.ts";

/** POSTs `webhookBody`. */
export const receiverDelivery = httpDelivery<WebhookSettings>({
  render: ({ action, content }, { labels, readSecret }) => [
    { url: readSecret(action.url), body: jsonLine(webhookBody({ action, content }, labels)) },
  ],
});
