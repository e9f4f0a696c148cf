import type { ChatMessage, Tone } from "./chat-message.ts";
import { bodyLines, titleText, type Markup } from "./chat-text.ts";
import { cutToFit, fitLines, inJson } from "./fit-text.ts";

const STYLES: { readonly [Each in Tone]: string } = {
  critical: "attention",
  warning: "warning",
  info: "accent",
  resolved: "good",
  records: "emphasis",
};

interface TextRun {
  readonly type: "TextRun";
  readonly text: string;
  readonly weight?: "bolder";
  readonly size?: "medium";
  readonly fontType?: "monospace";
}

/** No markup: runs of text are shown as they are. */
const NONE: Markup = {
  strong: (text) => text,
  plain: (text) => text,
  quoted: (text) => text,
  link: (name) => name,
};

/** The bytes that the JSON of one line takes beside its text. */
const BLOCK_BYTES = 120;

/**
 * Returns an Adaptive Card (https://adaptivecards.io/explorer/AdaptiveCard.html). Its texts are
 * runs of rich text blocks, in which, unlike in text blocks and facts, no markdown is interpreted.
 *
 * @param version `1.4` for Teams, `1.3` for Webex
 * @param maxBytes the most that the card may take as JSON
 */
export function adaptiveCard(message: ChatMessage, version: string, maxBytes: number): object {
  const { tone, runbook, state, rule } = message;
  const title = cutToFit(titleText(message), inJson(1000));
  const lines = bodyLines({ ...message, runbook: undefined, silence: undefined }, NONE);
  const limit = inJson(maxBytes - 4000, BLOCK_BYTES);
  return {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version,
    fallbackText: `${state} ${rule}`.replace(/[^\w .:-]/g, "?").slice(0, 200),
    body: [
      {
        type: "Container",
        style: STYLES[tone],
        bleed: true,
        items: [block({ text: title, weight: "bolder", size: "medium" })],
      },
      ...fitLines(lines, limit, "").map((text) => block({ text })),
      ...(message.silence === undefined ? [] : [block({ text: message.silence, fontType: "monospace" })]),
    ],
    ...(runbook !== undefined && {
      actions: [{ type: "Action.OpenUrl", title: "Runbook", url: runbook.slice(0, 1500) }],
    }),
  };
}

function block(run: Omit<TextRun, "type">): object {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", ...run }] };
}
