import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { attachmentMessage } from "../../notify/message/attachment-message.ts";
import { chatMessage, type ChatMessage } from "../../notify/message/chat-message.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { MattermostSettings } from "./settings.ts";

/**
 * The longest post is 16,383 characters
 * (https://developers.mattermost.com/integrate/webhooks/incoming). The attachment is limited with
 * it, so that a person can read it.
 */
const LIMITS = { maxTitle: 4000, maxText: 8000 };

/** Posts to an incoming webhook. */
export const receiverDelivery = httpDelivery<MattermostSettings>({
  render: ({ action, content }, { labels, readSecret }) => [
    { url: readSecret(action.url), body: jsonLine(mattermostMessage(chatMessage(content, labels), action.channel)) },
  ],
});

export function mattermostMessage(message: ChatMessage, channel?: string): object {
  return { ...(channel !== undefined && { channel }), ...attachmentMessage(message, LIMITS) };
}
