import { httpDelivery } from "../../notify/deliver/http-delivery.ts";
import { answerFields, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import { chatMessage, type ChatMessage } from "../../notify/message/chat-message.ts";
import { chatText, type Markup } from "../../notify/message/chat-text.ts";
import { inJson } from "../../notify/message/fit-text.ts";
import { HTML } from "../../notify/message/markups.ts";
import { jsonLine } from "../../text/json-line.ts";
import type { MatrixSettings } from "./settings.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";

/**
 * An event takes 65,536 bytes with all its parts
 * (https://spec.matrix.org/latest/client-server-api/#size-limits).
 */
const MAX_BODY = 16_000;
const MAX_HTML = 40_000;

const BARE: Markup = {
  strong: (text) => text,
  plain: (text) => text,
  quoted: (text) => text,
  link: (name, url) => `${name}: ${url}`,
};

/**
 * Sends a message under the delivery's id as its transaction: a server that has it already does not
 * send it twice.
 */
export const receiverDelivery = httpDelivery<MatrixSettings>({
  render: ({ action, content, id }, { labels, readSecret }) => {
    const server = withoutEndSlashes(readSecret(action.server).trim());
    const path = `rooms/${encodeURIComponent(action.room)}/send/m.room.message/${encodeURIComponent(id)}`;
    return [
      {
        url: `${server}/_matrix/client/v3/${path}`,
        method: "PUT",
        headers: { Authorization: `Bearer ${readSecret(action.token)}` },
        body: jsonLine(matrixMessage(chatMessage(content, labels))),
      },
    ];
  },
  classify: (answer) =>
    isSuccess(answer) && answerFields(answer)["event_id"] === undefined
      ? strangeAnswer(answer, "Matrix", '"event_id"')
      : undefined,
});

/** Returns a text event. Its empty `m.mentions` says that it mentions nobody, whatever the text is. */
export function matrixMessage(message: ChatMessage): object {
  return {
    msgtype: "m.text",
    body: chatText(message, BARE, inJson(MAX_BODY)),
    format: "org.matrix.custom.html",
    formatted_body: chatText(message, { ...HTML, between: "<br>" }, inJson(MAX_HTML)),
    "m.mentions": {},
  };
}
