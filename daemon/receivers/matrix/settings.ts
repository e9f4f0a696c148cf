import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface MatrixSettings extends HttpSettings {
  readonly kind: "matrix";
  readonly server: Secret;
  readonly token: Secret;
  readonly room: string;
}

export const matrix: Receiver<MatrixSettings> = {
  schema: {
    title: "a map {server, token, room}",
    description: "Matrix: a message to a room, without encryption. Each change is a new one.",
    type: "object",
    required: ["server", "token", "room"],
    properties: {
      server: { ...URL_KEY, description: "The address of the home server, such as https://matrix.example.org." },
      token: secretKey("The access token of the user who writes, such as credential:matrix."),
      room: {
        title: "the id of a room",
        description: 'The id of the room, such as "!abc:example.org". The user must be in it.',
        type: "string",
        pattern: "^!.",
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => {
    const secret = (key: string): Secret => parseSecret(textOf(valueOf(node, key)) ?? "", folder);
    return {
      kind: "matrix",
      server: secret("server"),
      token: secret("token"),
      room: textOf(valueOf(node, "room")) ?? "",
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "the address of a Matrix home server",
  urls: { name: "Matrix' API", path: /^\/_matrix\/client\// },
};
