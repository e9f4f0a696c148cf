import type { ChatMessage } from "../../notify/message/chat-message.ts";
import { cssColor, titleText } from "../../notify/message/chat-text.ts";
import { characters, cutToFit, fitLines, type Line } from "../../notify/message/fit-text.ts";

/** The longest text of a section (https://docs.slack.dev/reference/block-kit/blocks/section-block). */
const MAX_SECTION = 3000;
const MAX_FIELD = 2000;
const MAX_FIELDS = 10;
/** Alertmanager's limit of a title; Slack cuts at 40,000. */
const MAX_TITLE = 1024;
/** The most sections of details: a message has at most 50 blocks. */
const MAX_DETAIL_SECTIONS = 4;

interface PlainText {
  readonly type: "plain_text";
  readonly text: string;
  readonly emoji: false;
}
type Block =
  | { readonly type: "section"; readonly text: PlainText }
  | { readonly type: "section"; readonly fields: readonly PlainText[] }
  | {
      readonly type: "context";
      readonly elements: readonly ({ readonly type: "mrkdwn"; readonly text: string } | PlainText)[];
    };

/**
 * Returns a message for `chat.postMessage`, `chat.update` and incoming webhooks. Texts are
 * `plain_text`, in which nothing is markup; the first line, which notifications show, is escaped
 * (https://docs.slack.dev/messaging/formatting-message-text) and not formatted.
 */
export function slackMessage(message: ChatMessage): object {
  return { ...firstLine(message), attachments: [attachment(message, blocksOf(message))] };
}

/** Returns the details, for the thread of a message. */
export function slackDetails(message: ChatMessage): object {
  const { details } = message;
  const lines = [...message.notes, ...(details.length === 0 ? [message.lead] : details)];
  const sections: Block[] = [];
  for (let from = 0; from < lines.length && sections.length < MAX_DETAIL_SECTIONS;) {
    // A section must have a text.
    if (lines[from] === "") {
      from++;
      continue;
    }
    const isLast = sections.length === MAX_DETAIL_SECTIONS - 1;
    const count = isLast ? lines.length : fitting(lines.slice(from));
    sections.push(section(linesText(lines.slice(from, from + count))));
    from += count;
  }
  return { ...firstLine(message), attachments: [attachment(message, sections)] };
}

/** Returns how many lines fit into a section: at least one, which is then cut. */
function fitting(lines: readonly string[]): number {
  let size = 0;
  const end = lines.findIndex((line) => (size += line.length + 1) > MAX_SECTION);
  return end === -1 ? lines.length : Math.max(1, end);
}

function firstLine(message: ChatMessage): object {
  return {
    text: escapedTitle(message),
    ...{ mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false },
  };
}

function attachment(message: ChatMessage, blocks: readonly Block[]): object {
  return { color: cssColor(message.tone), fallback: escapedTitle(message), blocks };
}

const escapedTitle = (message: ChatMessage): string =>
  escapeSlack(cutToFit(titleText(message), characters(MAX_TITLE), escapeSlack));

function blocksOf({ lead, runbook, confidence, notes, silence, items, labels }: ChatMessage): readonly Block[] {
  const link = runbook === undefined ? [] : [{ type: "mrkdwn", text: `<${escapeSlack(runbook)}|Runbook>` } as const];
  const trust = confidence === undefined ? [] : [plain(`Confidence: ${confidence}`, MAX_FIELD)];
  const context = [...link, ...trust];
  const fields = labels.slice(0, MAX_FIELDS).map(([name, value]) => plain(`${name}: ${value}`, MAX_FIELD));
  return [
    section(lead),
    ...(context.length === 0 ? [] : [{ type: "context", elements: context } as const]),
    ...(notes.length === 0 ? [] : [section(notes.join("\n"))]),
    ...(items.length === 0 ? [] : [section(linesText(items))]),
    ...(fields.length === 0 ? [] : [{ type: "section", fields } as const]),
    ...(silence === undefined ? [] : [section(`Silence: ${silence}`)]),
  ];
}

const section = (text: string): Block => ({ type: "section", text: plain(text, MAX_SECTION) });

function plain(text: string, max: number): PlainText {
  return { type: "plain_text", text: cutToFit(text, characters(max)), emoji: false };
}

function linesText(lines: readonly string[]): string {
  const shown = lines.map((text): Line => ({ text, show: (same) => same }));
  return fitLines(shown, characters(MAX_SECTION)).join("\n");
}

/** Escapes the three characters that begin markup and mentions in Slack. */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
