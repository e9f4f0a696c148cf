import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface GrafanaOnCallSettings extends HttpSettings {
  readonly kind: "grafana_oncall";
  readonly url: Secret;
}

export const grafanaOnCall: Receiver<GrafanaOnCallSettings> = {
  schema: {
    title: "a map {url}",
    description: "Open and resolve alert groups by a formatted webhook of Grafana OnCall and Grafana IRM.",
    type: "object",
    required: ["url"],
    properties: {
      url: { ...URL_KEY, description: "The URL of a Formatted Webhook integration; it is a secret." },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "grafana_oncall",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    ...readHttp(node, folder),
  }),
  ...INCIDENT_LIMITS,
  expects: "a formatted webhook of Grafana OnCall",
  urls: { name: "Grafana OnCall", path: /\/integrations\/v1\/formatted_webhook\// },
};
