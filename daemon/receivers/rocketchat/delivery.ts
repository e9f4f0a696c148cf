import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { answerFields, answerText } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import { attachmentMessage } from "../../notify/message/attachment-message.ts";
import { chatMessage, type ChatMessage } from "../../notify/message/chat-message.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { RocketChatSettings } from "./settings.ts";

/** A server takes 5000 characters unless its setting `Message_MaxAllowedSize` says otherwise. */
const LIMITS = { maxTitle: 1024, maxText: 4000 };

/** Posts to an incoming integration. */
export const receiverDelivery = httpDelivery<RocketChatSettings>({
  render: ({ action, content }, { labels, readSecret }) => [
    { url: readSecret(action.url), body: jsonLine(rocketChatMessage(chatMessage(content, labels), action.channel)) },
  ],
  classify,
});

export function rocketChatMessage(message: ChatMessage, channel?: string): object {
  return { ...(channel !== undefined && { channel }), parseUrls: false, ...attachmentMessage(message, LIMITS) };
}

/** Returns the outcome of an answer whose body says no. */
function classify(answer: Answer): Outcome | undefined {
  const { success, error } = answerFields(answer);
  if (answer.status !== 200 || success !== false) return undefined;
  return { ok: false, trouble: "setup", error: `Rocket.Chat answers ${answerText(error) ?? "no reason"}` };
}
