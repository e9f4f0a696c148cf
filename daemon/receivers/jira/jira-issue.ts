import { hash } from "node:crypto";
import type { ChatMessage } from "../../notify/message/chat-message.ts";
import { titleText } from "../../notify/message/chat-text.ts";
import { characters, cutToFit, fitLines, type TextLimit } from "../../notify/message/fit-text.ts";
import type { DeliveryContent } from "../../notify/queue/delivery.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import type { JiraSettings } from "./settings.ts";

const MAX_SUMMARY = 255;
/** A description or comment has at most 32,767 characters; its JSON is counted, which is longer. */
const DETAILS: TextLimit = { max: 16_000, size: (text) => JSON.stringify(text).length };
const LEAD: TextLimit = { max: 4000, size: (text) => JSON.stringify(text).length };

/**
 * Returns the label by which the issue of a group is found again, from its first alert until its
 * end. Groups of other hosts, of a later time and of drills have others.
 */
export function issueLabel(id: string, content: DeliveryContent, settings: Labels): string {
  const identity = content.kind === "events" ? [id] : [settings, content.group.key, content.openedAtUnixMs];
  return `bpfwarden-${hash("sha256", JSON.stringify(identity), "hex").slice(0, 16)}`;
}

/** Returns the fields of a new issue. */
export function newIssue(message: ChatMessage, settings: JiraSettings, label: string): object {
  const { project, issueType, labels } = settings;
  return {
    fields: {
      ...{ project: { key: project }, issuetype: { name: issueType } },
      ...changedFields(message, settings),
      description: documentOf(message, []),
      labels: [label, ...labels],
    },
  };
}

/** Returns the fields that change with the alerts. */
export function changedFields(message: ChatMessage, { priority }: Pick<JiraSettings, "priority">): object {
  const name = priority[message.tone];
  return {
    summary: cutToFit(titleText(message), characters(MAX_SUMMARY)),
    ...(name !== undefined && { priority: { name } }),
  };
}

/** Returns a comment about a change. */
export function comment(message: ChatMessage): object {
  const { state, what } = message;
  return { body: documentOf(message, [`${state}${what === "" ? "" : `: ${what}`}`]) };
}

/**
 * Returns a document of Atlassian's format
 * (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/). In its text nodes
 * nothing is markup, a link or a mention.
 */
function documentOf(
  { lead, runbook, confidence, notes, silence, items, details }: ChatMessage,
  first: readonly string[],
): object {
  const facts = [...first, lead, ...(confidence === undefined ? [] : [`Confidence: ${confidence}`]), ...notes];
  const more = fitLines(
    [...items, ...details].map((text) => ({ text, show: (same) => same })),
    DETAILS,
  ).join("\n");
  return {
    ...{ type: "doc", version: 1 },
    content: [
      ...facts.flatMap((text) => paragraph(cutToFit(text, LEAD))),
      ...(runbook === undefined ? [] : [link("Runbook", runbook.slice(0, 2000))]),
      ...(silence === undefined ? [] : code(silence)),
      ...code(more),
    ],
  };
}

/** A text node must not be empty. */
const textNodes = (text: string): readonly object[] => (text === "" ? [] : [{ type: "text", text }]);

function paragraph(text: string): readonly object[] {
  return text === "" ? [] : [{ type: "paragraph", content: textNodes(text) }];
}

function code(text: string): readonly object[] {
  return text === "" ? [] : [{ type: "codeBlock", attrs: { language: "text" }, content: textNodes(text) }];
}

function link(text: string, href: string): object {
  return { type: "paragraph", content: [{ type: "text", text, marks: [{ type: "link", attrs: { href } }] }] };
}
