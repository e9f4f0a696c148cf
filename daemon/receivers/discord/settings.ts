import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface DiscordSettings extends HttpSettings {
  readonly kind: "discord";
  readonly url: Secret;
  readonly thread?: string;
}

export const discord: Receiver<DiscordSettings> = {
  schema: {
    title: "a map {url, thread}",
    description: "Discord: one message that changes with its alerts. A short second one says that they became worse.",
    type: "object",
    required: ["url"],
    properties: {
      url: { ...URL_KEY, description: "The URL of the channel's webhook. It is a secret." },
      thread: {
        title: "the id of a thread",
        description: "The id of a thread of the channel, in quotes.",
        type: "string",
        pattern: "^[0-9]+$",
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const thread = textOf(valueOf(node, "thread"));
    return {
      kind: "discord",
      url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
      ...(thread !== undefined && { thread }),
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "a webhook of Discord",
  urls: { name: "Discord's webhooks", host: /^(\w+\.)?discord(app)?\.com$/, path: /^\/api\/(v\d+\/)?webhooks\// },
};
