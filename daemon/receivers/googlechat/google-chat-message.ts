import type { ChatMessage } from "../../notify/message/chat-message.ts";
import { bodyLines, type Markup, TONE_SIGNS, titleText } from "../../notify/message/chat-text.ts";
import { cutToFit, fitLines, inJson } from "../../notify/message/fit-text.ts";
import { escapeHtml } from "../../notify/message/markups.ts";

/**
 * A message takes 32,000 bytes
 * (https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages).
 */
const MAX_TEXT_BYTES = 24_000;
const MAX_TITLE_BYTES = 1000;
/** The bytes of the widget of a line beside its text. */
const WIDGET_BYTES = 40;

/**
 * HTML of cards (https://developers.google.com/workspace/chat/format-messages#card-formatting). A
 * colon before `//` is written as an escape, so that no text of anyone becomes a link.
 */
const CARD: Markup = {
  strong: (text) => `<b>${escapeHtml(text)}</b>`,
  plain: escapeHtml,
  quoted: (text) => escapeHtml(text.replaceAll("://", String.raw`\x3a//`)),
  link: (name, url) => `<a href="${escapeHtml(url)}">${escapeHtml(name)}</a>`,
};

/**
 * Returns a message with a card. Its header is plain text.
 *
 * @param threadKey the same for all messages of a group
 */
export function googleChatMessage(message: ChatMessage, threadKey: string | undefined): object {
  const { tone, state, rule, host, what } = message;
  const place = host === undefined ? "" : ` (${host})`;
  const lines = fitLines(bodyLines(message, CARD), inJson(MAX_TEXT_BYTES, WIDGET_BYTES));
  const header = {
    title: cutToFit(`${TONE_SIGNS[tone]} [${state}] ${rule}${place}`, inJson(MAX_TITLE_BYTES)),
    subtitle: cutToFit(what, inJson(MAX_TITLE_BYTES)),
  };
  const widgets = lines.map((text) => ({ textParagraph: { text } }));
  return {
    fallbackText: cutToFit(titleText(message), inJson(MAX_TITLE_BYTES)),
    cardsV2: [{ cardId: "alert", card: { header, sections: [{ widgets }] } }],
    ...(threadKey !== undefined && { thread: { threadKey } }),
  };
}
