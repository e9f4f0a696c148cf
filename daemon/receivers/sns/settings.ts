import { errorAt } from "../../../bpf/source/diagnostic.ts";
import type { SettingsCode } from "../../settings/values/codes.ts";
import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface SnsSettings extends HttpSettings {
  readonly kind: "sns";
  readonly topic: string;
  readonly region: string;
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  readonly url: Secret;
}

/** The name of a topic (arn:PARTITION:sns:REGION:ACCOUNT:NAME). */
const TOPIC = /^arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/;

/** Domains of partitions that are not Amazon's usual one. */
const DOMAINS: Readonly<Record<string, string>> = { "aws-cn": "amazonaws.com.cn" };

export const sns: Receiver<SnsSettings> = {
  schema: {
    title: "a map {topic}",
    description: "Publish to a topic of AWS SNS, also a FIFO topic.",
    type: "object",
    required: ["topic"],
    properties: {
      topic: {
        title: "the ARN of a topic",
        description: "The ARN of the topic. Its region and partition decide where requests go.",
        type: "string",
        pattern: TOPIC.source,
      },
      access_key_id: secretKey("The id of an access key. Default: env:AWS_ACCESS_KEY_ID."),
      secret_access_key: secretKey("The access key. Default: env:AWS_SECRET_ACCESS_KEY."),
      session_token: secretKey("The token of temporary credentials. Default: env:AWS_SESSION_TOKEN, if it is set."),
      url: { ...URL_KEY, description: "The URL of the service. Default: that of the topic's region." },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read(node, { folder }) {
    const secret = (key: string, otherwise: string): Secret =>
      parseSecret(textOf(valueOf(node, key)) ?? otherwise, folder);
    const topic = textOf(valueOf(node, "topic")) ?? "";
    const [, partition = "aws", region = ""] = TOPIC.exec(topic) ?? [];
    const hasToken = valueOf(node, "session_token") !== undefined || valueOf(node, "access_key_id") === undefined;
    return {
      ...{ kind: "sns", topic, region },
      accessKeyId: secret("access_key_id", "env:AWS_ACCESS_KEY_ID"),
      secretAccessKey: secret("secret_access_key", "env:AWS_SECRET_ACCESS_KEY"),
      ...(hasToken && { sessionToken: secret("session_token", "env:AWS_SESSION_TOKEN") }),
      url: secret("url", `https://sns.${region}.${DOMAINS[partition] ?? "amazonaws.com"}/`),
      ...readHttp(node, folder),
    };
  },
  check(node) {
    const [id, key] = [valueOf(node, "access_key_id"), valueOf(node, "secret_access_key")];
    const one = id ?? key;
    if (one === undefined || (id !== undefined && key !== undefined)) return [];
    const message = "expected both access_key_id and secret_access_key, found one of them";
    return [errorAt<SettingsCode>("bad-receiver", message, one.span)];
  },
  ...CHAT_LIMITS,
  expects: "the address of AWS SNS",
  urls: { name: "AWS SNS", host: /^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/, path: /^\// },
};
