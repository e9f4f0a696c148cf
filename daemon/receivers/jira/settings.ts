import { parseSecret, type Secret } from "../../settings/values/secret.ts";
import { entriesOf, itemsOf, textOf, valueOf } from "../../yaml/yaml-node.ts";
import { CHAT_LIMITS } from "../chat-limits.ts";
import { HTTP_KEYS, type HttpSettings, readHttp } from "../http-settings.ts";
import type { Receiver } from "../receiver.ts";
import { secretKey, URL_KEY } from "../schema-parts.ts";

export interface JiraSettings extends HttpSettings {
  readonly kind: "jira";
  readonly url: Secret;
  readonly user: string;
  readonly token: Secret;
  readonly project: string;
  readonly issueType: string;
  readonly labels: readonly string[];
  /** names of Jira's priorities by severity */
  readonly priority: Readonly<Record<string, string>>;
  /** the name of the transition at the end of the alerts */
  readonly resolveTransition?: string;
}

const PRIORITY = { title: "the name of a priority", type: "string", minLength: 1 } as const;

export const jira: Receiver<JiraSettings> = {
  schema: {
    title: "a map {url, user, token, project}",
    description: "Jira Cloud: one issue for a group of alerts, with a comment for each change and for the end.",
    type: "object",
    required: ["url", "user", "token", "project"],
    properties: {
      url: { ...URL_KEY, description: "The address of the site, such as https://example.atlassian.net." },
      user: {
        title: "a mail address",
        description: "The mail address of the account that has the token.",
        type: "string",
        pattern: "^[^\\s:@]+@[^\\s:@]+$",
      },
      token: secretKey("The API token of the account, such as credential:jira."),
      project: {
        title: "the key of a project such as OPS",
        description: "The key of the project, such as OPS.",
        type: "string",
        pattern: "^[A-Z][A-Z0-9_]*$",
      },
      issue_type: {
        title: "the name of an issue type",
        description: "The type of the issues. Default: Task.",
        type: "string",
        minLength: 1,
      },
      labels: {
        title: "a list of labels",
        description: "Labels of each issue, beside the one by which it is found again.",
        type: "array",
        maxItems: 20,
        items: { title: "a label without spaces", type: "string", pattern: "^[^\\s]{1,255}$" },
      },
      priority: {
        title: "a map {critical, warning, info}",
        description: "The names of Jira's priorities by severity. Default: the project's default.",
        type: "object",
        required: [],
        properties: { critical: PRIORITY, warning: PRIORITY, info: PRIORITY },
        additionalProperties: false,
      },
      resolve_transition: {
        title: "the name of a transition",
        description:
          "The transition of the issue when its alerts have ended, such as Done. Default: it stays as it is.",
        type: "string",
        minLength: 1,
      },
      ...HTTP_KEYS,
    },
    additionalProperties: false,
  },
  read(node, { folder }) {
    const text = (key: string): string | undefined => textOf(valueOf(node, key));
    const resolveTransition = text("resolve_transition");
    return {
      kind: "jira",
      url: parseSecret(text("url") ?? "", folder),
      ...{ user: text("user") ?? "", token: parseSecret(text("token") ?? "", folder) },
      ...{ project: text("project") ?? "", issueType: text("issue_type") ?? "Task" },
      labels: itemsOf(valueOf(node, "labels")).flatMap((item) => textOf(item) ?? []),
      priority: Object.fromEntries(
        entriesOf(valueOf(node, "priority")).map(({ key, value }) => [key.text, textOf(value) ?? ""]),
      ),
      ...(resolveTransition !== undefined && { resolveTransition }),
      ...readHttp(node, folder),
    };
  },
  ...CHAT_LIMITS,
  expects: "the address of a site of Jira",
  urls: { name: "Jira", host: /\.(atlassian\.net|jira\.com)$/, path: /^\// },
};
