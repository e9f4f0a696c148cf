import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface GoogleChatSettings extends HttpSettings {
  readonly kind: "googlechat";
  readonly url: Secret;
}

export const googlechat: Receiver<GoogleChatSettings> = {
  schema: {
    title: "a map {url}",
    description: "Google Chat: a card. All cards of a group of alerts are in one thread.",
    type: "object",
    required: ["url"],
    properties: {
      url: { ...URL_KEY, description: "The URL of the space's webhook. It is a secret." },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "googlechat",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    ...readHttp(node, folder),
  }),
  ...CHAT_LIMITS,
  expects: "a webhook of Google Chat",
  urls: { name: "Google Chat's webhooks", host: /^chat\.googleapis\.com$/, path: /^\/v1\/spaces\// },
};
