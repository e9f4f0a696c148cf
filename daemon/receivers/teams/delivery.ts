import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { adaptiveCard } from "../../notify/message/adaptive-card.ts";
import { chatMessage, type ChatMessage } from "../../notify/message/chat-message.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { TeamsSettings } from "./settings.ts";

/**
 * The most bytes of a card: Teams refuses messages above 28 KB
 * (https://learn.microsoft.com/microsoftteams/limits-specifications-teams).
 */
const MAX_CARD = 24_000;

/** Posts a card. */
export const receiverDelivery = httpDelivery<TeamsSettings>({
  render: ({ action, content }, { labels, readSecret }) => [
    { url: readSecret(action.url), body: jsonLine(teamsMessage(chatMessage(content, labels))) },
  ],
});

/** Returns a message with a card, as the trigger of a flow expects it. */
export function teamsMessage(message: ChatMessage): object {
  const content = adaptiveCard(message, "1.4", MAX_CARD);
  const contentType = "application/vnd.microsoft.card.adaptive";
  return { type: "message", attachments: [{ contentType, contentUrl: null, content }] };
}
