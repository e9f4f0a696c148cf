import { errorText } from "../../../bpf/source/error-text.ts";
import { redactedText } from "../../service/redact.ts";
import type { Delivery, Outcome } from "../queue/delivery.ts";
import { email } from "./email/email.ts";
import { log } from "./log/log.ts";
import type { Receiver, ReceiverContext, ReceiverKind } from "./receiver.ts";
import { webhook } from "./webhook/webhook.ts";
import { within } from "../queue/within.ts";

/** All receivers, by the name that they have in the settings. */
export const RECEIVERS: { readonly [Kind in ReceiverKind]: Receiver<Kind> } = { webhook, email, log };

/** Makes one attempt at a delivery by the receiver of its action's kind. Does not throw. */
export async function attempt(delivery: Delivery, context: ReceiverContext, signal: AbortSignal): Promise<Outcome> {
  // The table pairs each kind with its receiver, which the type system cannot follow through an
  // index.
  const receiver = RECEIVERS[delivery.action.kind] as unknown as Receiver<ReceiverKind>;
  try {
    const deliver = (ending: AbortSignal): Promise<Outcome> => receiver.deliver(delivery, context, ending);
    return shortened(await within(receiver.attemptMs(delivery.action), signal, deliver));
  } catch (error) {
    // A secret that cannot be read, or a fault of ours: neither is the message's.
    return shortened({ ok: false, trouble: "setup", error: errorText(error) });
  }
}

/** True if a kind of receiver takes records at once, into memory of its own. */
export const takesRecords = (kind: ReceiverKind): boolean => RECEIVERS[kind].takeRecords !== undefined;

/**
 * Gives records to a receiver that keeps them in memory of its own. Returns true if this receiver
 * does.
 */
export function takeRecords(delivery: Omit<Delivery, "id">, context: ReceiverContext): boolean {
  const receiver = RECEIVERS[delivery.action.kind] as unknown as Receiver<ReceiverKind>;
  receiver.takeRecords?.(delivery, context);
  return takesRecords(delivery.action.kind);
}

/** The longest text of a receiver's answer in logs and reports: an answer may have any length. */
const MAX_ANSWER_CHARACTERS = 1000;

function shortened(outcome: Outcome): Outcome {
  if (!outcome.ok) return { ...outcome, error: redactedText(outcome.error, MAX_ANSWER_CHARACTERS) };
  if (outcome.warning === undefined) return outcome;
  return { ...outcome, warning: redactedText(outcome.warning, MAX_ANSWER_CHARACTERS) };
}
