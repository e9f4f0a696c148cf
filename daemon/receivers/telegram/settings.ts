import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface TelegramSettings extends HttpSettings {
  readonly kind: "telegram";
  readonly token: Secret;
  readonly chat: string;
  readonly topic?: number;
  readonly api: Secret;
}

const API = "https://api.telegram.org";

export const telegram: Receiver<TelegramSettings> = {
  schema: {
    title: "a map {token, chat, topic}",
    description: "Telegram: one message that changes with its alerts. A reply to it says that they became worse.",
    type: "object",
    required: ["token", "chat"],
    properties: {
      token: secretKey("The token of the bot, such as credential:telegram."),
      chat: {
        title: "the id of a chat, or @NAME",
        description: 'The chat: its id in quotes, such as "-1001234567890", or @NAME of a channel.',
        type: "string",
        pattern: "^(-?[0-9]+|@[A-Za-z0-9_]+)$",
      },
      topic: {
        title: "a number",
        description: "The id of a topic, for a group with topics.",
        type: "integer",
        minimum: 1,
      },
      api: { ...URL_KEY, description: `The address of a Bot API server of your own. Default: ${API}.` },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const secret = (key: string, otherwise = ""): Secret =>
      parseSecret(textOf(valueOf(node, key)) ?? otherwise, folder);
    const topic = textOf(valueOf(node, "topic"));
    return {
      kind: "telegram",
      token: secret("token"),
      chat: textOf(valueOf(node, "chat")) ?? "",
      ...(topic !== undefined && { topic: Number(topic) }),
      api: secret("api", API),
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "a server of Telegram's Bot API",
  urls: { name: "Telegram's Bot API", host: /^api\.telegram\.org$/, path: /^\/(bot|$)/ },
};
