import { hash } from "node:crypto";
import type { ChatMessage } from "../../notify/message/chat-message.ts";
import { bodyLines, type Markup, titleText } from "../../notify/message/chat-text.ts";
import { bytes, cutToFit, fitLines } from "../../notify/message/fit-text.ts";
import type { Delivery } from "../../notify/queue/delivery.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_SUBJECT = 100;
const MAX_MESSAGE = 256 * 1024;
/** The attributes count with the message. */
const MAX_TEXT = MAX_MESSAGE - 8192;
const MAX_ATTRIBUTE = 512;

const BARE: Markup = {
  strong: (text) => text,
  plain: (text) => text,
  quoted: (text) => text,
  link: (name, url) => `${name}: ${url}`,
};

/** Returns the parameters of the action Publish. */
export function publication(
  { id, content }: Pick<Delivery, "id" | "content">,
  message: ChatMessage,
  topic: string,
  settings: Labels,
): URLSearchParams {
  return new URLSearchParams({
    ...{ Action: "Publish", Version: "2010-03-31", TopicArn: topic },
    ...{ Subject: subjectOf(message), Message: textOf(message) },
    ...attributeParameters({ ...attributesOf(message), id }),
    ...(topic.endsWith(".fifo") && fifoOf(id, content, settings)),
  });
}

function attributeParameters(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const parameters = Object.entries(attributes).map(([name, value], index) => {
    const entry = `MessageAttributes.entry.${index + 1}`;
    return {
      ...{ [`${entry}.Name`]: name, [`${entry}.Value.DataType`]: "String" },
      [`${entry}.Value.StringValue`]: value,
    };
  });
  return Object.assign({}, ...parameters) as Readonly<Record<string, string>>;
}

/** Returns what subscriptions can filter by. An attribute must not be empty. */
function attributesOf({ state, rule, tone, host }: ChatMessage): Readonly<Record<string, string>> {
  const [status = ""] = state.replace("DRILL: ", "").split(" ");
  const attribute = (text: string): string => cutToFit(text, bytes(MAX_ATTRIBUTE));
  return {
    status: status.toLowerCase(),
    severity: tone,
    rule: attribute(rule),
    ...(host !== undefined && host !== "" && { instance: attribute(host) }),
    ...(state.startsWith("DRILL") && { drill: "true" }),
  };
}

/**
 * Returns a subject: ASCII without line breaks that begins with a letter, number or punctuation
 * mark. Other characters are written as `?`.
 */
function subjectOf(message: ChatMessage): string {
  const text = titleText(message).replace(/[^ -~]/gu, "?");
  return text.length <= MAX_SUBJECT ? text : `${cutToFit(text, bytes(MAX_SUBJECT)).replace(/…$/, "")}...`;
}

function textOf(message: ChatMessage): string {
  const title = { text: titleText(message), show: (text: string) => text };
  return fitLines([title, ...bodyLines(message, BARE)], bytes(MAX_TEXT)).join("\n");
}

/**
 * Returns the parameters of a FIFO topic: messages of one group of alerts stay in order, and a
 * message that is sent again within five minutes is not delivered twice.
 */
function fifoOf(id: string, content: Delivery["content"], settings: Labels): Readonly<Record<string, string>> {
  const group = content.kind === "alerts" ? content.group.key : content.rule;
  return {
    MessageGroupId: hash("sha256", JSON.stringify([settings, group]), "hex").slice(0, 32),
    MessageDeduplicationId: id,
  };
}
