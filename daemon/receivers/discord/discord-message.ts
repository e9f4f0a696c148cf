import type { ChatMessage } from "../../notify/message/chat-message.ts";
import { bodyLines, TONE_COLORS, titleLine } from "../../notify/message/chat-text.ts";
import { characters, fitLines } from "../../notify/message/fit-text.ts";
import { MARKDOWN } from "../../notify/message/markups.ts";

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const MAX_DESCRIPTION = 4096;
/** https://docs.discord.com/developers/resources/webhook#execute-webhook */
const MAX_CONTENT = 2000;

/** Nobody is mentioned, whatever the text says. */
const NO_MENTIONS = { allowed_mentions: { parse: [] } };

/** Returns a message for a webhook: the first line, which phones show, and the others in an embed. */
export function discordMessage(message: ChatMessage): object {
  const description = fitLines(bodyLines(message, MARKDOWN), characters(MAX_DESCRIPTION)).join("\n");
  const color = TONE_COLORS[message.tone];
  return { ...discordNotice(message), embeds: description === "" ? [] : [{ color, description }] };
}

/** Returns the first line only. */
export function discordNotice(message: ChatMessage): object {
  return { content: fitLines([titleLine(message, MARKDOWN)], characters(MAX_CONTENT)).join(""), ...NO_MENTIONS };
}
