import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { URL_KEY } from "../schema-parts.ts";

export interface TeamsSettings extends HttpSettings {
  readonly kind: "teams";
  readonly url: Secret;
}

export const teams: Receiver<TeamsSettings> = {
  schema: {
    title: "a map {url}",
    description: "Microsoft Teams: an Adaptive Card to a flow of Workflows. Each change is a new card.",
    type: "object",
    required: ["url"],
    properties: {
      url: {
        ...URL_KEY,
        description: 'The URL of a flow that begins with "When a Teams webhook request is received". It is a secret.',
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "teams",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    ...readHttp(node, folder),
  }),
  ...CHAT_LIMITS,
  expects: "a flow of Workflows",
  urls: { name: "Microsoft Teams", host: /\.webhook\.office\.com$/, path: /^\/webhook(b2)?\// },
};
