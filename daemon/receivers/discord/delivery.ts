import { editedMessage, isToRing, rememberedText } from "../../notify/deliver/edited-message.ts";
import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import { answerFields, answerText, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import { chatMessage } from "../../notify/message/chat-message.ts";
import { jsonLine } from "../../text/json-line.ts";
import { discordMessage, discordNotice } from "./discord-message.ts";
import type { DiscordSettings } from "./settings.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";

/**
 * Posts one message for a group, and edits it as its alerts change. An edit rings no phone, so a
 * short second message says that they became worse.
 */
export const receiverDelivery = httpDelivery<DiscordSettings>({
  *render(delivery, { labels, readSecret, remember }) {
    const { action, content } = delivery;
    const message = chatMessage(content, labels);
    const webhook = readSecret(action.url).trim();
    const request = (path: string, body: object, method = "POST"): HttpRequest => ({
      ...{ url: urlOf(webhook, path, action.thread), method, body: jsonLine(body) },
    });
    const place = ["discord", webhook, action.thread ?? ""];
    const before = editedMessage(delivery, place);
    if (before !== undefined) {
      const edit = request(`/messages/${encodeURIComponent(before.id)}`, discordMessage(message), "PATCH");
      const edited = yield { ...edit, isExpected: isGone };
      if (!isGone(edited)) {
        if (isToRing(content, message, before)) yield request("", discordNotice(message));
        remember(rememberedText(before.id, message, place));
        return;
      }
    }
    const posted = answerText(answerFields(yield request("", discordMessage(message)))["id"]);
    if (posted !== undefined && content.kind === "alerts") remember(rememberedText(posted, message, place));
  },
  classify: (answer) =>
    isSuccess(answer) && answerFields(answer)["id"] === undefined
      ? strangeAnswer(answer, "Discord", 'the "id" of the message')
      : undefined,
});

/** Returns a URL of the webhook. With `wait`, a message that is posted is in the answer. */
function urlOf(webhook: string, path: string, thread: string | undefined): string {
  const url = URL.parse(webhook);
  if (url === null) return webhook;
  url.pathname = `${withoutEndSlashes(url.pathname)}${path}`;
  if (path === "") url.searchParams.set("wait", "true");
  if (thread !== undefined) url.searchParams.set("thread_id", thread);
  return url.href;
}

/** Discord's code for an unknown message. An unknown webhook has another one. */
const UNKNOWN_MESSAGE = 10_008;

const isGone = (answer: Answer): boolean => answer.status === 404 && answerFields(answer)["code"] === UNKNOWN_MESSAGE;
