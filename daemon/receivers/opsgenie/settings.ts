import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface OpsgenieSettings extends HttpSettings {
  readonly kind: "opsgenie";
  readonly apiKey: Secret;
  readonly url: Secret;
}

export const opsgenie: Receiver<OpsgenieSettings> = {
  schema: {
    title: "a map {api_key}",
    description: "Open and close alerts by the Alert API of Opsgenie and Jira Service Management.",
    type: "object",
    required: ["api_key"],
    properties: {
      api_key: secretKey("The key of an API integration: the name of a secret."),
      url: {
        ...URL_KEY,
        description:
          "The URL of the alerts. Default: https://api.opsgenie.com/v2/alerts. In Europe: https://api.eu.opsgenie.com/v2/alerts. Jira Service Management: https://api.atlassian.com/jsm/ops/integration/v2/alerts.",
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "opsgenie",
    apiKey: parseSecret(textOf(valueOf(node, "api_key")) ?? "", folder),
    url: parseSecret(textOf(valueOf(node, "url")) ?? "https://api.opsgenie.com/v2/alerts", folder),
    ...readHttp(node, folder),
  }),
  ...INCIDENT_LIMITS,
  expects: "Opsgenie's Alert API",
  urls: {
    name: "Opsgenie's Alert API",
    host: /^api((\.eu)?\.opsgenie|\.atlassian)\.com$/,
    path: /^(\/jsm\/ops\/integration)?\/v2\/alerts\/?$/,
  },
};
