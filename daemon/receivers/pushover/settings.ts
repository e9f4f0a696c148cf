import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface PushoverSettings extends HttpSettings {
  readonly kind: "pushover";
  readonly url: Secret;
  readonly token: Secret;
  readonly user: Secret;
  readonly isEmergency: boolean;
}

export const pushover: Receiver<PushoverSettings> = {
  schema: {
    title: "a map {token, user_key}",
    description: "Send push notifications by Pushover, one for each change of an alert.",
    type: "object",
    required: ["token", "user_key"],
    properties: {
      token: secretKey("The token of the application: the name of a secret."),
      user_key: secretKey("The key of a user or group: the name of a secret."),
      emergency: {
        type: "boolean",
        description:
          "True: critical alerts are repeated each minute for an hour, until somebody acknowledges them. Default: false.",
      },
      url: { ...URL_KEY, description: "The URL. Default: https://api.pushover.net/1/messages.json." },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "pushover",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "https://api.pushover.net/1/messages.json", folder),
    token: parseSecret(textOf(valueOf(node, "token")) ?? "", folder),
    user: parseSecret(textOf(valueOf(node, "user_key")) ?? "", folder),
    isEmergency: textOf(valueOf(node, "emergency")) === "true",
    ...readHttp(node, folder),
  }),
  ...INCIDENT_LIMITS,
  expects: "Pushover's API",
  urls: { name: "Pushover's API", host: /^api\.pushover\.net$/, path: /^\/1\// },
};
