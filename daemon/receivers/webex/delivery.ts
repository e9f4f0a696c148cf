import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { adaptiveCard } from "../../notify/message/adaptive-card.ts";
import { chatMessage, type ChatMessage } from "../../notify/message/chat-message.ts";
import { titleText } from "../../notify/message/chat-text.ts";
import { bytes, cutToFit } from "../../notify/message/fit-text.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { WebexSettings } from "./settings.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";

/** The longest text (https://developer.webex.com/docs/api/v1/messages/create-a-message). */
const MAX_TEXT = 7439;
/** The longest card (https://developer.webex.com/docs/buttons-and-cards) is 22 KB. */
const MAX_CARD = 20_000;

/** Posts a card to a room. */
export const receiverDelivery = httpDelivery<WebexSettings>({
  render: ({ action, content }, { labels, readSecret }) => [
    {
      url: `${withoutEndSlashes(readSecret(action.api).trim())}/messages`,
      headers: { Authorization: `Bearer ${readSecret(action.token)}` },
      body: jsonLine(webexMessage(chatMessage(content, labels), action.room)),
    },
  ],
});

/** Returns a message with a card. `text`, unlike `markdown`, has no markup and no mentions. */
export function webexMessage(message: ChatMessage, roomId: string): object {
  const content = adaptiveCard(message, "1.3", MAX_CARD);
  const attachments = [{ contentType: "application/vnd.microsoft.card.adaptive", content }];
  return { roomId, text: cutToFit(titleText(message), bytes(MAX_TEXT)), attachments };
}
