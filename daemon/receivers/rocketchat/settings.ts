import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface RocketChatSettings extends HttpSettings {
  readonly kind: "rocketchat";
  readonly url: Secret;
  readonly channel?: string;
}

export const rocketchat: Receiver<RocketChatSettings> = {
  schema: {
    title: "a map {url, channel}",
    description: "Rocket.Chat: a message to an incoming webhook. Each change is a new one.",
    type: "object",
    required: ["url"],
    properties: {
      url: { ...URL_KEY, description: "The URL of an incoming integration. It is a secret." },
      channel: {
        title: "a channel",
        description: 'A channel other than the integration\'s, such as "#ops" or @NAME of a user.',
        type: "string",
        minLength: 1,
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const channel = textOf(valueOf(node, "channel"));
    return {
      kind: "rocketchat",
      url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
      ...(channel !== undefined && { channel }),
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "an incoming webhook of Rocket.Chat",
  urls: { name: "Rocket.Chat's incoming webhooks", path: /\/hooks\/[A-Za-z0-9]{17,24}\/[A-Za-z0-9]{20,}$/ },
};
