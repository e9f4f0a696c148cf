import { decodeValue, type Encoded, encodeValue } from "../../evaluate/saved/json-values.ts";
import type { EventValue } from "../../sample/sample.ts";
import type { Delivery, DeliveryContent } from "./delivery.ts";
import { receiverOf } from "../../receivers/receivers.ts";

/** Returns the content of a delivery as text. `contentOf` reads it again. */
export function contentText(content: DeliveryContent): string {
  return JSON.stringify(encodeValue(content));
}

/** Reads the content of a delivery. Throws if `contentText` did not write the text. */
export function contentOf(text: string): DeliveryContent {
  const content = decodeValue(JSON.parse(text) as Encoded);
  const kind = typeof content === "object" && content !== null && "kind" in content ? content.kind : undefined;
  if (kind !== "alerts" && kind !== "events") throw new Error(`expected alerts or events, found ${typeof content}`);
  // Written by contentText, whose encoding keeps the types.
  return content as DeliveryContent;
}

/**
 * True if a delivery is kept over a restart. A receiver that takes records at once has them within
 * the tick, or is in trouble.
 */
export function isWorthKeeping({ action, content }: Pick<Delivery, "action" | "content">): boolean {
  return content.kind === "alerts" || !receiverOf(action).takesRecords;
}

/** The size of a record without its texts. */
const RECORD_BYTES = 256;

/** Estimates the memory of the content, without making a text of it. */
export function roughBytes(content: DeliveryContent): number {
  if (content.kind === "alerts") return content.alerts.length * 1024;
  return content.events.reduce(
    (sum, { fields }) =>
      sum + Object.values(fields).reduce<number>((all, value) => all + valueBytes(value), RECORD_BYTES),
    0,
  );
}

function valueBytes(value: EventValue): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.reduce<number>((sum, each) => sum + String(each).length, 0) : 8;
}
