import type { ChatMessage } from "./chat-message.ts";
import { bodyLines, cssColor, titleLine } from "./chat-text.ts";
import { characters, fitLines } from "./fit-text.ts";
import { MARKDOWN } from "./markups.ts";

/** The limits of a service that takes Slack's older attachments, in characters. */
export interface AttachmentLimits {
  readonly maxTitle: number;
  readonly maxText: number;
}

/**
 * Returns a message with an attachment, as Mattermost and Rocket.Chat have it from Slack: the first
 * line is the text, which phones show, and the others are beside a line in the color of the tone.
 */
export function attachmentMessage(message: ChatMessage, { maxTitle, maxText }: AttachmentLimits): object {
  const { tone, state, rule } = message;
  const text = fitLines([titleLine(message, MARKDOWN)], characters(maxTitle)).join("");
  const details = fitLines(bodyLines(message, MARKDOWN), characters(maxText)).join("\n");
  // Without the quoted words: no service says how it reads them here.
  const fallback = `${state} ${rule}`.replace(/[^\w .:-]/g, "?").slice(0, maxTitle);
  return { text, attachments: [{ color: cssColor(tone), fallback, text: details }] };
}
