import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, HTTP_LIMITS, type HttpSettings, readHttp } from "../http-settings.ts";
import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface WebhookSettings extends HttpSettings {
  readonly kind: "webhook";
  readonly url: Secret;
}

export const webhook: Receiver<WebhookSettings> = {
  schema: {
    title: "a map {url}",
    description: "POST to a URL, in the format of Alertmanager's webhook.",
    type: "object",
    required: ["url"],
    properties: { url: URL_KEY, ...HTTP_KEYS },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "webhook",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    ...readHttp(node),
  }),
  ...HTTP_LIMITS,
  expects: "a receiver of Alertmanager's webhooks",
};
