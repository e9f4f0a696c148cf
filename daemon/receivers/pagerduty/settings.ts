import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface PagerDutySettings extends HttpSettings {
  readonly kind: "pagerduty";
  readonly routingKey: Secret;
  readonly url: Secret;
}

export const pagerduty: Receiver<PagerDutySettings> = {
  schema: {
    title: "a map {routing_key}",
    description: "Open, change and resolve incidents by PagerDuty's Events API, version 2.",
    type: "object",
    required: ["routing_key"],
    properties: {
      routing_key: secretKey("The integration key of a service: the name of a secret."),
      url: { ...URL_KEY, description: "The URL. Default: https://events.pagerduty.com/v2/enqueue." },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "pagerduty",
    routingKey: parseSecret(textOf(valueOf(node, "routing_key")) ?? "", folder),
    url: parseSecret(textOf(valueOf(node, "url")) ?? "https://events.pagerduty.com/v2/enqueue", folder),
    ...readHttp(node, folder),
  }),
  ...INCIDENT_LIMITS,
  expects: "PagerDuty's Events API",
  urls: { name: "PagerDuty's Events API", host: /^events(\.eu)?\.pagerduty\.com$/, path: /^\/(v2\/|generic\/)/ },
};
