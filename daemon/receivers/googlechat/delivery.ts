import { hash } from "node:crypto";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { chatMessage } from "../../notify/message/chat-message.ts";
import type { DeliveryContent } from "../../notify/queue/delivery.ts";
import { jsonLine } from "../../text/json-line.ts";
import { googleChatMessage } from "./google-chat-message.ts";
import type { GoogleChatSettings } from "./settings.ts";

/** Posts a card; those of one group of alerts in one thread. */
export const receiverDelivery = httpDelivery<GoogleChatSettings>({
  render({ action, content }, { labels, readSecret }) {
    const message = googleChatMessage(chatMessage(content, labels), threadKeyOf(content, labels));
    return [{ url: threadedUrl(readSecret(action.url)), body: jsonLine(message) }];
  },
});

/** Returns a key that is the same for a group of this host from its first alert until it is empty. */
function threadKeyOf(content: DeliveryContent, labels: object): string | undefined {
  if (content.kind === "events") return undefined;
  const identity = JSON.stringify([labels, content.group.key, content.openedAtUnixMs]);
  return `bpfwarden-${hash("sha256", identity, "hex").slice(0, 32)}`;
}

function threadedUrl(text: string): string {
  const url = URL.parse(text.trim());
  if (url === null) return text;
  url.searchParams.set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
  return url.href;
}
