import type { ChatMessage } from "../../notify/message/chat-message.ts";
import { chatText, titleLine } from "../../notify/message/chat-text.ts";
import { characters, fitLines } from "../../notify/message/fit-text.ts";
import { HTML } from "../../notify/message/markups.ts";

/** The longest text, after the markup is read; ours is counted with it. */
const MAX_TEXT = 4096;

const NO_PREVIEW = { link_preview_options: { is_disabled: true } };

/** Returns the fields of a text in HTML. */
export function telegramText(message: ChatMessage): object {
  return { text: chatText(message, HTML, characters(MAX_TEXT)), parse_mode: "HTML", ...NO_PREVIEW };
}

/** Returns the fields of the first line only. */
export function telegramNotice(message: ChatMessage): object {
  const text = fitLines([titleLine(message, HTML)], characters(MAX_TEXT)).join("");
  return { text, parse_mode: "HTML", ...NO_PREVIEW };
}

const BARE = {
  ...{ strong: (text: string) => text, plain: (text: string) => text, quoted: (text: string) => text },
  link: (_: string, url: string) => url,
};
/** For servers that count otherwise. */
const MAX_PLAIN = 3000;

/** Returns the fields of a text without markup. All of it is code, in which nothing becomes a link. */
export function telegramPlain(message: ChatMessage): object {
  const text = chatText(message, BARE, characters(MAX_PLAIN));
  return { text, entities: [{ type: "pre", offset: 0, length: text.length }], ...NO_PREVIEW };
}
