import { hash } from "node:crypto";
import type { Delivery, DeliveryContent } from "../queue/delivery.ts";
import type { ChatMessage, Tone } from "../message/chat-message.ts";
import { LEVELS } from "../../rules/levels.ts";
import { answerText, fieldsOf } from "./json-answer.ts";

/** A message that a service lets us edit, as it is remembered. */
export interface EditedMessage {
  /** the id that the service gave it */
  readonly id: string;
  /** how bad the alerts were when it was written last */
  readonly level: number;
}

/** Returns the message of the delivery's group at a place; undefined if there is none to edit. */
export function editedMessage({ known }: Pick<Delivery, "known">, place: readonly string[]): EditedMessage | undefined {
  const { id, level, at } = rememberedFields(known);
  const text = answerText(id);
  return text === undefined || at !== placeDigest(place) ? undefined : { id: text, level: Number(level) };
}

/** Returns the fields of a text that `rememberedText` has made; none of any other. */
export function rememberedFields(known = "{}"): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(known));
  } catch {
    return {};
  }
}

/**
 * Returns the text by which `editedMessage` finds the message again.
 *
 * @param more fields of one service
 */
export function rememberedText(
  id: string,
  { tone }: Pick<ChatMessage, "tone">,
  place: readonly string[],
  more: Readonly<Record<string, string | undefined>> = {},
): string {
  return JSON.stringify({ id, level: severityOfTone(tone), at: placeDigest(place), ...more });
}

/** Returns a digest, since the place may be a URL that is a secret. */
function placeDigest(place: readonly string[]): string {
  return hash("sha256", JSON.stringify(place), "hex").slice(0, 16);
}

/** Reasons for a message that people should notice: an edit rings no phone. */
const RINGING: ReadonlySet<string> = new Set(["new alerts in group", "first notification", "repeat interval elapsed"]);

/** True if people must be notified beside the edit: it became worse, or it is a reminder. */
export function isToRing(
  content: DeliveryContent,
  { tone }: Pick<ChatMessage, "tone">,
  before: EditedMessage,
): boolean {
  if (content.kind !== "alerts" || tone === "resolved") return false;
  return severityOfTone(tone) > before.level || RINGING.has(content.reason);
}

const severityOfTone = (tone: Tone): number => LEVELS.findIndex((level) => level === tone);
