import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface VictorOpsSettings extends HttpSettings {
  readonly kind: "victorops";
  readonly url: Secret;
}

export const victorops: Receiver<VictorOpsSettings> = {
  schema: {
    title: "a map {url}",
    description: "Open and end incidents by the REST endpoint of Splunk On-Call (VictorOps).",
    type: "object",
    required: ["url"],
    properties: {
      url: {
        ...URL_KEY,
        description:
          "The URL of the REST integration, with its key and the routing key; it is a secret: https://alert.victorops.com/integrations/generic/20131114/alert/KEY/ROUTING.",
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "victorops",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    ...readHttp(node, folder),
  }),
  ...INCIDENT_LIMITS,
  expects: "the REST endpoint of Splunk On-Call",
  urls: { name: "Splunk On-Call", host: /^alert\.victorops\.com$/, path: /^\/integrations\// },
};
