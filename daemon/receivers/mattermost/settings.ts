import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface MattermostSettings extends HttpSettings {
  readonly kind: "mattermost";
  readonly url: Secret;
  readonly channel?: string;
}

export const mattermost: Receiver<MattermostSettings> = {
  schema: {
    title: "a map {url, channel}",
    description: "Mattermost: a message to an incoming webhook. Each change is a new one.",
    type: "object",
    required: ["url"],
    properties: {
      url: { ...URL_KEY, description: "The URL of an incoming webhook. It is a secret." },
      channel: {
        title: "a channel",
        description: "A channel other than the webhook's: its name in URLs, or @NAME of a user.",
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
      kind: "mattermost",
      url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
      ...(channel !== undefined && { channel }),
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "an incoming webhook of Mattermost",
  urls: { name: "Mattermost's incoming webhooks", path: /\/hooks\/[a-z0-9]{26}$/ },
};
