import { answerFields, answerText, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import { type EditedMessage, editedMessage, isToRing, rememberedText } from "../../notify/deliver/edited-message.ts";
import { httpDelivery, type HttpRequests, type RenderContext } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import type { DeliveryTo } from "../../notify/deliver/receiver-delivery.ts";
import { type ChatMessage, chatMessage } from "../../notify/message/chat-message.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import type { Trouble } from "../../notify/queue/trouble.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { SlackApp, SlackSettings } from "./settings.ts";
import { slackDetails, slackMessage } from "./slack-message.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";

/**
 * Posts one message for a group, and edits it as its alerts change; the details of each change are
 * a reply in its thread, which is shown in the channel as well if the alerts became worse. An
 * incoming webhook can only post.
 */
export const receiverDelivery = httpDelivery<SlackSettings>({
  render(delivery, context) {
    const { via } = delivery.action;
    const message = chatMessage(delivery.content, context.labels);
    if ("webhook" in via) return [{ url: context.readSecret(via.webhook), body: jsonLine(slackMessage(message)) }];
    return viaApp(via, delivery, message, context);
  },
  classify,
});

type Call = (method: string, body: object) => HttpRequest;

function* viaApp(
  app: SlackApp,
  delivery: DeliveryTo<SlackSettings>,
  message: ChatMessage,
  { readSecret, remember }: RenderContext,
): Extract<HttpRequests, Generator> {
  const api = withoutEndSlashes(readSecret(app.api));
  const headers = {
    Authorization: `Bearer ${readSecret(app.token)}`,
    "Content-Type": "application/json; charset=utf-8",
  };
  const call: Call = (method, body) => ({ url: `${api}/${method}`, headers, body: jsonLine(body) });
  const place = ["slack", api, app.channel];
  const before = editedMessage(delivery, place);
  const [channel = "", ts = ""] = before?.id.split(" ") ?? [];
  if (before !== undefined) {
    const edit = call("chat.update", { channel, ts, ...slackMessage(message) });
    const edited = yield { ...edit, isExpected: isGone };
    if (!isGone(edited)) {
      remember(rememberedText(before.id, message, place));
      yield reply(call, before, delivery, message);
      return;
    }
  }
  const answer = answerFields(yield call("chat.postMessage", { channel: app.channel, ...slackMessage(message) }));
  const id = `${answerText(answer["channel"]) ?? ""} ${answerText(answer["ts"]) ?? ""}`;
  if (delivery.content.kind === "events") return;
  const posted = { id, level: Infinity };
  remember(rememberedText(id, message, place));
  yield reply(call, posted, delivery, message);
}

function reply(
  call: Call,
  { id, level }: EditedMessage,
  { content }: DeliveryTo<SlackSettings>,
  message: ChatMessage,
): HttpRequest {
  const [channel, ts] = id.split(" ");
  const isShown = level !== Infinity && isToRing(content, message, { id, level });
  const thread = { channel, thread_ts: ts, ...(isShown && { reply_broadcast: true }) };
  return call("chat.postMessage", { ...thread, ...slackDetails(message) });
}

/** Errors of `chat.update` after which a new message is posted. */
const GONE: ReadonlySet<unknown> = new Set([
  ...["message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"],
]);

const isGone = (answer: Answer): boolean => GONE.has(answerFields(answer)["error"]);

/**
 * Errors of Slack's methods (https://docs.slack.dev/reference/methods/chat.postMessage) that are
 * not the set-up's: a token, a scope, a channel or a workspace that somebody can change.
 */
const TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  ...["ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error"].map(passing),
  ...["service_unavailable", "request_timeout", "team_added_to_org"].map(passing),
  ...["invalid_blocks", "invalid_blocks_format", "invalid_attachments", "msg_too_long", "no_text"].map(ofMessage),
  ...["msg_blocks_too_long", "too_many_attachments", "attachment_payload_limit_exceeded"].map(ofMessage),
  ...["invalid_json", "json_not_object", "invalid_arguments"].map(ofMessage),
]);

function passing(error: string): readonly [string, Trouble] {
  return [error, "passing"];
}

function ofMessage(error: string): readonly [string, Trouble] {
  return [error, "message"];
}

/** Returns the outcome of an answer whose body says no: Slack answers 200 with `"ok": false`. */
function classify(answer: Answer, { via }: SlackSettings): Outcome | undefined {
  const { ok, error, response_metadata: more } = answerFields(answer);
  if (!isSuccess(answer) || ok === true) return undefined;
  // An incoming webhook answers "ok", and others that take the same messages answer otherwise.
  if (ok !== false) return "webhook" in via ? undefined : strangeAnswer(answer, "Slack", '"ok"');
  const name = answerText(error) ?? "no reason";
  const messages = more === undefined ? "" : ` ${JSON.stringify(more)}`;
  return { ok: false, trouble: TROUBLES.get(name) ?? "setup", error: `Slack answers ${name}${messages}` };
}
