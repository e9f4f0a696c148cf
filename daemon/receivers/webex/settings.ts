import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface WebexSettings extends HttpSettings {
  readonly kind: "webex";
  readonly token: Secret;
  readonly room: string;
  readonly api: Secret;
}

const API = "https://webexapis.com/v1";

export const webex: Receiver<WebexSettings> = {
  schema: {
    title: "a map {token, room}",
    description: "Webex: an Adaptive Card. Each change is a new one.",
    type: "object",
    required: ["token", "room"],
    properties: {
      token: secretKey("The token of a bot, such as credential:webex."),
      room: {
        title: "the id of a room",
        description: "The id of the room. The bot must be in it.",
        type: "string",
        minLength: 1,
      },
      api: { ...URL_KEY, description: `The address of the API. Default: ${API}. FedRAMP has another one.` },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const secret = (key: string, otherwise = ""): Secret =>
      parseSecret(textOf(valueOf(node, key)) ?? otherwise, folder);
    return {
      kind: "webex",
      token: secret("token"),
      room: textOf(valueOf(node, "room")) ?? "",
      api: secret("api", API),
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "Webex's API",
  urls: { name: "Webex's API", host: /^(webexapis\.com|api\.ciscospark\.com)$/, path: /^\/v1(\/|$)/ },
};
