import { errorAt } from "../../../bpf/source/diagnostic.ts";
import type { SettingsCode } from "../../settings/values/codes.ts";
import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf, type YamlNode } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface SlackSettings extends HttpSettings {
  readonly kind: "slack";
  readonly via: SlackApp | { readonly webhook: Secret };
}

export interface SlackApp {
  readonly token: Secret;
  readonly channel: string;
  readonly api: Secret;
}

const API = "https://slack.com/api";

export const slack: Receiver<SlackSettings> = {
  schema: {
    title: "a map {token, channel} or {url}",
    description: "Slack: one message that changes with its alerts, and the details in its thread.",
    type: "object",
    required: [],
    properties: {
      token: secretKey(
        "The token of an app with the scope chat:write, such as credential:slack. It begins with xoxb-.",
      ),
      channel: {
        title: "a channel",
        description: "The id of the channel, such as C0123456789, or its name. The app must be in it.",
        type: "string",
        minLength: 1,
      },
      url: {
        ...URL_KEY,
        description:
          "An incoming webhook, instead of token and channel. Such messages cannot be edited: each change is a new one.",
      },
      api: {
        ...URL_KEY,
        description: `The address of the API. Default: ${API}. GovSlack is at https://slack-gov.com/api.`,
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const secret = (key: string, otherwise = ""): Secret =>
      parseSecret(textOf(valueOf(node, key)) ?? otherwise, folder);
    const app = { token: secret("token"), channel: textOf(valueOf(node, "channel")) ?? "", api: secret("api", API) };
    return {
      kind: "slack",
      via: valueOf(node, "url") === undefined ? app : { webhook: secret("url") },
      ...readHttp(node, folder),
    };
  },
  check: (node) => {
    const has = (key: string): boolean => valueOf(node, key) !== undefined;
    if (has("url") ? !has("token") && !has("channel") : has("token") && has("channel")) return [];
    const message = `expected token and channel, or url, found ${foundText(node)}`;
    return [errorAt<SettingsCode>("bad-receiver", message, node.span)];
  },
  ...CHAT_LIMITS,
  expects: "an incoming webhook of Slack",
  urls: {
    name: "Slack's incoming webhooks",
    host: /^hooks\.slack(-gov)?\.com$/,
    path: /^\/(services|workflows|triggers)\//,
  },
};

function foundText(node: YamlNode): string {
  const found = ["token", "channel", "url"].filter((key) => valueOf(node, key) !== undefined);
  return found.length === 0 ? "none of them" : found.join(" and ");
}
