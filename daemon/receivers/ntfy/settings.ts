import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import { INCIDENT_LIMITS } from "../incident-limits.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface NtfySettings extends HttpSettings {
  readonly kind: "ntfy";
  readonly url: Secret;
  readonly topic: Secret;
  readonly token?: Secret;
}

export const ntfy: Receiver<NtfySettings> = {
  schema: {
    title: "a map {topic}",
    description: "Send push notifications by ntfy, one for each change of an alert.",
    type: "object",
    required: ["topic"],
    properties: {
      topic: secretKey("The topic: the name of a secret, because everybody who knows the topic can read it."),
      url: { ...URL_KEY, description: "The URL of the server. Default: https://ntfy.sh." },
      token: secretKey("An access token: the name of a secret."),
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const token = textOf(valueOf(node, "token"));
    return {
      kind: "ntfy",
      url: parseSecret(textOf(valueOf(node, "url")) ?? "https://ntfy.sh", folder),
      topic: parseSecret(textOf(valueOf(node, "topic")) ?? "", folder),
      ...(token !== undefined && { token: parseSecret(token, folder) }),
      ...readHttp(node, folder),
    };
  },
  ...INCIDENT_LIMITS,
  expects: "an ntfy server",
  urls: { name: "ntfy", host: /^ntfy\.sh$/, path: /^\// },
};
