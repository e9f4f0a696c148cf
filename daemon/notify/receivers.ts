import type { Delivery, Outcome } from "./delivery.ts";
import { email } from "./email.ts";
import { log } from "./log.ts";
import type { Receiver, ReceiverContext, ReceiverKind } from "./receiver.ts";
import { webhook } from "./webhook.ts";

/** Every way out, by the name it has in the settings. */
export const RECEIVERS: { readonly [Kind in ReceiverKind]: Receiver<Kind> } = { webhook, email, log };

/** One attempt at a delivery by the receiver of its action's kind. Does not throw. */
export async function attempt(delivery: Delivery, context: ReceiverContext, signal: AbortSignal): Promise<Outcome> {
  // The table pairs each kind with its receiver, which the type system cannot follow through an index.
  const receiver = RECEIVERS[delivery.action.kind] as unknown as Receiver<ReceiverKind>;
  try {
    return await receiver.deliver(delivery, context, signal);
  } catch (error) {
    return { ok: false, retry: true, error: error instanceof Error ? error.message : String(error) };
  }
}
