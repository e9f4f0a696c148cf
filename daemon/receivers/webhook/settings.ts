import { type Diagnostic, errorAt } from "../../../bpf/source/diagnostic.ts";
import { checkTemplate } from "../../text/render.ts";
import type { SettingsCode } from "../../settings/values/codes.ts";
import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { entriesOf, plainValue, textOf, valueOf, type YamlEntry, type YamlNode } from "../../yaml/yaml-node.ts";
import { HTTP_KEYS, HTTP_LIMITS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

/** The forms of a body, beside a body that the settings write themselves. */
export type WebhookFormat = "alertmanager" | "cloudevents";

export interface WebhookSettings extends HttpSettings {
  readonly kind: "webhook";
  readonly url: Secret;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** the value of the header of this name */
  readonly authorization?: Secret;
  /** the key of Standard Webhooks' signatures */
  readonly sign?: Secret;
  readonly format?: WebhookFormat;
  /** JSON whose texts are templates; it replaces the format */
  readonly body?: object;
}

export const webhook: Receiver<WebhookSettings> = {
  schema: {
    title: "a map {url}",
    description: "Send a request to a URL, by default in the format of Alertmanager's webhook.",
    type: "object",
    required: ["url"],
    properties: {
      url: URL_KEY,
      method: {
        enum: ["POST", "PUT", "PATCH"],
        title: "POST, PUT or PATCH",
        description: "The method. Default: POST.",
      },
      headers: {
        title: "headers {NAME: VALUE}",
        description: "Additional headers. A token goes into authorization.",
        type: "object",
        propertyNames: { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
        additionalProperties: { title: "a text in one line", type: "string", pattern: "^[^\\r\\n]*$" },
      },
      authorization: secretKey("The value of the header Authorization, such as Bearer TOKEN: the name of a secret."),
      sign: secretKey("The key for signatures by Standard Webhooks: the name of a secret, with or without whsec_."),
      format: {
        enum: ["alertmanager", "cloudevents"],
        title: "alertmanager or cloudevents",
        description: "The form of the body. cloudevents: the same body in a CloudEvent. Default: alertmanager.",
      },
      body: {
        title: "a map or a list whose texts are templates",
        type: ["object", "array"],
        description:
          "A body of your own. Its texts are Liquid templates that see the fields of the default body. It replaces format.",
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read: (node, { folder }) => ({
    kind: "webhook",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    ...readForm(node),
    ...readKeys(node, folder),
    ...readHttp(node, folder),
  }),
  check: (node) => [
    ...entriesOf(valueOf(node, "headers")).flatMap(checkHeader),
    ...templatesOf(valueOf(node, "body")).flatMap(checkText),
  ],
  ...HTTP_LIMITS,
  forHeartbeat: (settings, method) => (method === undefined ? settings : { ...settings, method }),
  expects: "a receiver of Alertmanager's webhooks",
};

function readForm(node: YamlNode): Pick<WebhookSettings, "method" | "headers" | "format" | "body"> {
  const method = textOf(valueOf(node, "method"));
  const headers = entriesOf(valueOf(node, "headers")).map(({ key, value }) => [key.text, textOf(value) ?? ""]);
  const format = textOf(valueOf(node, "format"));
  const body = valueOf(node, "body");
  return {
    ...(method !== undefined && { method }),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) as Readonly<Record<string, string>> }),
    ...(format === "cloudevents" && { format }),
    ...(body !== undefined && body.kind !== "scalar" && { body: plainValue(body) as object }),
  };
}

function readKeys(node: YamlNode, folder: string): Pick<WebhookSettings, "authorization" | "sign"> {
  const [authorization, sign] = ["authorization", "sign"].map((key) => textOf(valueOf(node, key)));
  return {
    ...(authorization !== undefined && { authorization: parseSecret(authorization, folder) }),
    ...(sign !== undefined && { sign: parseSecret(sign, folder) }),
  };
}

/** Headers that carry secrets, which the settings only name. */
const SECRET_HEADER = /auth|token|secret|cookie|pass|api[_-]?key/i;

function checkHeader({ key }: YamlEntry): readonly Diagnostic[] {
  if (!SECRET_HEADER.test(key.text)) return [];
  const message = `expected a header without a secret, found "${key.text}"`;
  return [errorAt<SettingsCode>("bad-receiver", message, key.span, "write authorization: credential:NAME")];
}

/** Returns the texts of a body, at any depth. */
function templatesOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (node?.kind === "list") return node.items.flatMap(templatesOf);
  if (node?.kind === "map") return node.entries.flatMap(({ value }) => templatesOf(value));
  return node === undefined ? [] : [node];
}

function checkText(node: YamlNode): readonly Diagnostic[] {
  const fault = checkTemplate(textOf(node) ?? "");
  if (fault === undefined) return [];
  const message = `expected a template, found an error: ${fault.replace(/, line:.*$/, "")}`;
  return [
    errorAt<SettingsCode>(
      "bad-receiver",
      message,
      node.span,
      "write fields as {{ status }}, {{ alerts[0].labels.comm }}",
    ),
  ];
}
