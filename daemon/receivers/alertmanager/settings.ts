import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { itemsOf, textOf, valueOf } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, HTTP_LIMITS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface AlertmanagerSettings extends HttpSettings {
  readonly kind: "alertmanager";
  /** one for each replica */
  readonly urls: readonly Secret[];
  readonly token?: Secret;
}

/** The interval at which Alertmanager is sent again what fires, as by Prometheus. */
export const RESEND_MS = 60_000;

export const alertmanager: Receiver<AlertmanagerSettings> = {
  schema: {
    title: "a map {url}",
    description: "Send alerts to Alertmanager's API, version 2, which groups, silences and routes them.",
    type: "object",
    required: ["url"],
    properties: {
      url: {
        ...URL_KEY,
        type: ["string", "array"],
        minItems: 1,
        items: { type: "string", pattern: URL_KEY.pattern, title: URL_KEY.title },
        description:
          "The URL of Alertmanager, such as http://127.0.0.1:9093, or a list with every replica, not with a load balancer before them.",
      },
      token: secretKey("A bearer token: the name of a secret."),
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const token = textOf(valueOf(node, "token"));
    return {
      kind: "alertmanager",
      urls: itemsOf(valueOf(node, "url")).map((item) => parseSecret(textOf(item) ?? "", folder)),
      ...(token !== undefined && { token: parseSecret(token, folder) }),
      ...readHttp(node, folder),
    };
  },
  ...HTTP_LIMITS,
  // Alertmanager has its own groups, repeats and limits.
  isImmediate: true,
  // A resend that fails must not come after the end of one of its alerts: it would fire again.
  keepsOrder: true,
  resendMs: RESEND_MS,
  forHeartbeat: (settings) => settings,
  expects: "Alertmanager's API",
  urls: { name: "Alertmanager's own API", path: /\/api\/v[12]\/alerts\/?$/ },
};
