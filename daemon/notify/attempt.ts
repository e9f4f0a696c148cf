import { errorText } from "../../bpf/source/error-text.ts";
import { receiverOf } from "../receivers/receivers.ts";
import { redactedText } from "../service/redact.ts";
import type { ReceiverContext } from "./deliver/receiver-delivery.ts";
import { DELIVERIES } from "./deliveries.ts";
import type { Delivery, Outcome } from "./queue/delivery.ts";
import { within } from "./queue/within.ts";

/** Makes one attempt at a delivery by the receiver of its action's kind. Does not throw. */
export async function attempt(delivery: Delivery, context: ReceiverContext, signal: AbortSignal): Promise<Outcome> {
  const { action } = delivery;
  const secrets: string[] = [];
  const noting = { ...context, readSecret: noted(context, secrets) };
  try {
    const deliver = async (ending: AbortSignal): Promise<Outcome> => {
      const outcome = DELIVERIES.get(action.kind)?.deliver(delivery, noting, ending);
      return outcome ?? { ok: false, trouble: "setup", error: `nothing delivers to "${action.kind}"` };
    };
    return shown(await within(receiverOf(action).attemptMs(action), signal, deliver), secrets);
  } catch (error) {
    // A secret that cannot be read, or a fault of ours: neither is the message's.
    return shown({ ok: false, trouble: "setup", error: errorText(error) }, secrets);
  }
}

/** Returns a reader of secrets that notes the values, so that no text about the attempt shows them. */
function noted({ readSecret }: ReceiverContext, values: string[]): ReceiverContext["readSecret"] {
  return (secret) => {
    const value = readSecret(secret);
    values.push(value);
    return value;
  };
}

/**
 * Gives records to a receiver that keeps them in memory of its own. Returns true if this receiver
 * does.
 */
export function takeRecords(delivery: Omit<Delivery, "id">, context: ReceiverContext): boolean {
  DELIVERIES.get(delivery.action.kind)?.takeRecords?.(delivery, context);
  return receiverOf(delivery.action).takesRecords;
}

/** The longest text of a receiver's answer in logs and reports: an answer may have any length. */
const MAX_ANSWER_CHARACTERS = 1000;

/** Returns an outcome whose text can be shown: cut, and without secrets. */
function shown(outcome: Outcome, secrets: readonly string[]): Outcome {
  const text = (whole: string): string => redactedText(masked(whole, secrets), MAX_ANSWER_CHARACTERS);
  if (!outcome.ok) return { ...outcome, error: text(outcome.error) };
  return outcome.warning === undefined ? outcome : { ...outcome, warning: text(outcome.warning) };
}

/** Shorter texts are in other words by chance. */
const SHORTEST_SECRET = 6;

/** Replaces secrets that an answer repeats. */
function masked(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap(secretParts)
    .filter((part) => part.length >= SHORTEST_SECRET)
    .reduce((rest, part) => rest.replaceAll(part, "***"), text);
}

/** A shorter part of a path, such as "integrations", may be a word. */
const SHORTEST_KEY = 16;

/**
 * Returns the parts that must not be shown: of a URL what is not its host, as a whole and each key
 * in it; of `Bearer TOKEN` the token, too.
 */
function secretParts(secret: string): readonly string[] {
  const text = secret.trim();
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return [text, text.replace(/^\S+\s+/, "")];
  const { pathname, search, searchParams, username, password } = url;
  const keys = [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= SHORTEST_KEY);
  return [`${pathname}${search}`, ...[...keys, username, password].flatMap((part) => [part, decoded(part)])];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
