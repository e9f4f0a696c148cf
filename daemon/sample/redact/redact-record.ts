import { createHmac } from "node:crypto";
import type { EventRecord, EventValue } from "../sample.ts";
import { redactArguments, redactText } from "./redact-text.ts";

/**
 * Characters of the hash that stands for a secret: enough to see that two are equal, too few to
 * guess it.
 */
const SHOWN = 8;

/**
 * Returns a record whose texts show no secrets of known forms, or the same record if it has none.
 * `redacted` names the fields that were changed.
 *
 * @param key of the hash that stands for a secret
 */
export function redactRecord(record: EventRecord, key: Buffer): EventRecord {
  const mark = (secret: string): string => `[redacted:${hashOf(secret, key)}]`;
  const redacted: string[] = [];
  const fields: Record<string, EventValue> = {};
  for (const [name, value] of Object.entries(record.fields)) {
    fields[name] = redactValue(value, mark);
    if (fields[name] !== value) redacted.push(name);
  }
  return redacted.length === 0 ? record : { ...record, fields, redacted };
}

function redactValue(value: EventValue, mark: (secret: string) => string): EventValue {
  if (typeof value === "string") return redactText(value, mark);
  if (typeof value !== "object" || value === null) return value;
  const words = redactArguments(value, mark);
  return words.every((word, index) => word === value[index]) ? value : words;
}

function hashOf(secret: string, key: Buffer): string {
  return createHmac("sha256", key).update(secret).digest("hex").slice(0, SHOWN);
}
