import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface IncidentIoSettings extends HttpSettings {
  readonly kind: "incidentio";
  readonly url: Secret;
  readonly token: Secret;
}

export const incidentio: Receiver<IncidentIoSettings> = {
  schema: {
    title: "a map {url, token}",
    description: "Send alert events to an HTTP alert source of incident.io.",
    type: "object",
    required: ["url", "token"],
    properties: {
      url: { ...URL_KEY, description: "The URL of the alert source: https://api.incident.io/v2/alert_events/http/ID." },
      token: secretKey("The token of the alert source: the name of a secret."),
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "incidentio",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    token: parseSecret(textOf(valueOf(node, "token")) ?? "", folder),
    ...readHttp(node, folder),
  }),
  ...INCIDENT_LIMITS,
  expects: "an alert source of incident.io",
  urls: { name: "incident.io", host: /^api\.incident\.io$/, path: /^\/v2\/alert_events\// },
};
