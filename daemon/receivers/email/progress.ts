import { hash } from "node:crypto";
import { answerText, fieldsOf } from "../../notify/deliver/json-answer.ts";
import type { DeliveryTo } from "../../notify/deliver/receiver-delivery.ts";
import { mailboxOf } from "../../settings/values/mailbox.ts";
import type { Refusal } from "./mail-transport.ts";
import type { EmailSettings } from "./settings.ts";

/**
 * The recipients of a delivery that is to be tried again. The others have the mail, or are refused
 * for good.
 */
export interface Progress {
  /** spelled as in the settings */
  readonly waiting: readonly string[];
  readonly refused: readonly Refusal[];
}

/** the latest progresses of this process, by the delivery's id and recipients */
const progressOf = new Map<string, Progress>();
const MAX_PROGRESS = 1000;

/** Returns how far a delivery is: from this process, or from the text that an earlier one kept. */
export function findProgress(delivery: DeliveryTo<EmailSettings>): Progress {
  return progressOf.get(keyOf(delivery)) ?? fromText(delivery) ?? { waiting: delivery.action.to, refused: [] };
}

export function keepProgress(delivery: DeliveryTo<EmailSettings>, progress: Progress): void {
  const key = keyOf(delivery);
  progressOf.delete(key);
  progressOf.set(key, progress);
  const [oldest] = progressOf.keys();
  if (progressOf.size > MAX_PROGRESS && oldest !== undefined) progressOf.delete(oldest);
}

export function forgetProgress(delivery: DeliveryTo<EmailSettings>): void {
  progressOf.delete(keyOf(delivery));
}

const keyOf = ({ id, action }: DeliveryTo<EmailSettings>): string => JSON.stringify([id, ...action.to]);

/** The longest text that is kept over restarts. */
const MAX_TEXT = 1000;

/**
 * Returns a progress as a short text, which names recipients by digests. Undefined if there are too
 * many: after a restart, all get the mail again.
 */
export function progressText({ id }: DeliveryTo<EmailSettings>, { waiting, refused }: Progress): string | undefined {
  const text = JSON.stringify({
    id,
    waiting: waiting.map(digestOf),
    refused: refused.map(({ recipient }) => digestOf(recipient)),
  });
  return text.length <= MAX_TEXT ? text : undefined;
}

function fromText({ id, action, known }: DeliveryTo<EmailSettings>): Progress | undefined {
  if (known === undefined) return undefined;
  const fields = parsed(known);
  if (fields["id"] !== id) return undefined;
  const named = (digests: unknown): readonly string[] => {
    const all = new Set(Array.isArray(digests) ? digests.map(answerText) : []);
    return action.to.filter((recipient) => all.has(digestOf(recipient)));
  };
  const waiting = named(fields["waiting"]);
  if (waiting.length === 0) return undefined;
  const refused = named(fields["refused"]).map((recipient) => mailboxOf(recipient).address);
  return {
    waiting,
    refused: refused.map((recipient) => ({ recipient, code: undefined, text: "refused before a restart" })),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

const digestOf = (recipient: string): string => hash("sha256", mailboxOf(recipient).address, "hex").slice(0, 12);
