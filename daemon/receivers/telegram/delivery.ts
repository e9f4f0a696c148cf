import { editedMessage, isToRing, rememberedText } from "../../notify/deliver/edited-message.ts";
import { httpDelivery, type HttpRequests, type RenderContext } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import { answerFields, answerText, fieldsOf, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import type { DeliveryTo } from "../../notify/deliver/receiver-delivery.ts";
import { type ChatMessage, chatMessage } from "../../notify/message/chat-message.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { TelegramSettings } from "./settings.ts";
import { telegramNotice, telegramPlain, telegramText } from "./telegram-message.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";

/**
 * Sends one message for a group, and edits it as its alerts change
 * (https://core.telegram.org/bots/api). An edit rings no phone, so a reply says that they became
 * worse.
 */
export const receiverDelivery = httpDelivery<TelegramSettings>({ render, classify });

function* render(
  delivery: DeliveryTo<TelegramSettings>,
  { labels, readSecret, remember }: RenderContext,
): Extract<HttpRequests, Generator> {
  const { action, content } = delivery;
  const { chat, topic } = action;
  const api = withoutEndSlashes(readSecret(action.api).trim());
  const message = chatMessage(content, labels);
  const token = readSecret(action.token).trim();
  const call = (method: string, body: object): HttpRequest => ({
    url: `${api}/bot${token}/${method}`,
    body: jsonLine({ chat_id: chat, ...body }),
  });
  const place = ["telegram", api, chat];
  const before = editedMessage(delivery, place);
  if (before !== undefined) {
    const id = { message_id: Number(before.id) };
    const edited = yield* asText(message, (text) => call("editMessageText", { ...id, ...text }), isEditAnswer);
    if (!says(edited, GONE)) {
      if (isToRing(content, message, before)) yield call("sendMessage", { ...telegramNotice(message), ...replyTo(id) });
      remember(rememberedText(before.id, message, place));
      return;
    }
  }
  const inTopic = topic === undefined ? {} : { message_thread_id: topic };
  const sent = yield* asText(message, (text) => call("sendMessage", { ...inTopic, ...text }));
  const id = answerText(fieldsOf(answerFields(sent)["result"])["message_id"]);
  if (id !== undefined && content.kind === "alerts") remember(rememberedText(id, message, place));
}

function replyTo(id: object): object {
  return { reply_parameters: { ...id, allow_sending_without_reply: true } };
}

/** Sends a text as HTML or, if the server cannot read that or finds it too long, without markup. */
function* asText(
  message: ChatMessage,
  request: (text: object) => HttpRequest,
  isExpected: (answer: Answer) => boolean = () => false,
): Generator<HttpRequest, Answer, Answer> {
  const isOk = (answer: Answer): boolean => isExpected(answer) || says(answer, UNREADABLE);
  const answer = yield { ...request(telegramText(message)), isExpected: isOk };
  return says(answer, UNREADABLE) ? yield { ...request(telegramPlain(message)), isExpected } : answer;
}

/** Descriptions of errors: Telegram has no codes for them. */
const GONE = /message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i;
const UNCHANGED = /message is not modified/i;
const UNREADABLE = /can't parse entities|message is too long/i;
const NOT_OUR_CHAT =
  /chat not found|chat_id is empty|message thread not found|upgraded to a supergroup|not enough rights/i;

function says(answer: Answer, what: RegExp): boolean {
  return answer.status === 400 && what.test(answerText(answerFields(answer)["description"]) ?? "");
}

const isEditAnswer = (answer: Answer): boolean => says(answer, GONE) || says(answer, UNCHANGED);

/** Returns the outcome of an error, whose body says more than its status. */
function classify(answer: Answer): Outcome | undefined {
  const { ok, description, parameters } = answerFields(answer);
  if (ok !== false) return isSuccess(answer) && ok !== true ? strangeAnswer(answer, "Telegram", '"ok"') : undefined;
  const { retry_after: after, migrate_to_chat_id: newId } = fieldsOf(parameters);
  const moved = answerText(newId);
  const text = `Telegram answers ${answer.status}: ${answerText(description) ?? "no reason"}`;
  const error = moved === undefined ? text : `${text}; write chat: "${moved}"`;
  if (answer.status === 429) return { ok: false, trouble: "passing", error, afterMs: secondsMs(after), isForAll: true };
  if (moved !== undefined || says(answer, NOT_OUR_CHAT)) return { ok: false, trouble: "setup", error };
  return undefined;
}

const LONGEST_MS = 3_600_000;

function secondsMs(seconds: unknown): number {
  return typeof seconds === "number" && seconds > 0 ? Math.min(LONGEST_MS, seconds * 1000) : 1000;
}
