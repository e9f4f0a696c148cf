import type { Delivery, Outcome } from "./delivery.ts";
import { mailOf } from "./mail-text.ts";
import type { Refusal } from "./mail-transport.ts";
import type { DeliveryTo, Receiver, ReceiverContext } from "./receiver.ts";

/**
 * One mail a delivery. 4xx and trouble with the connection can be tried again, 5xx cannot (RFC 5321 §4.2.1). Where a server takes
 * some recipients and refuses others, another attempt goes only to those that it refused for now.
 */
export const email: Receiver<"email"> = {
  deliver,
  isImmediate: false,
  maxAlerts: 100,
  gatherEventsMs: 1000,
  maxEvents: 500,
};

/** What is known of the recipients of deliveries that are to be tried again. */
interface Progress {
  readonly waiting: readonly string[];
  readonly refused: readonly Refusal[];
}
const progressOf = new WeakMap<Delivery, Progress>();

async function deliver(delivery: DeliveryTo<"email">, context: ReceiverContext, signal: AbortSignal): Promise<Outcome> {
  const { smtp } = context;
  const password = smtp.password === undefined ? undefined : context.readSecret(smtp.password);
  const progress = progressOf.get(delivery) ?? { waiting: delivery.action.to, refused: [] };
  const mail = { ...mailOf(delivery, delivery.action.from, context.labels), to: progress.waiting };
  try {
    const refusals = await context.openMailTransport({ smtp, password }).send(mail, signal);
    return settle(delivery, progress, refusals);
  } catch (error) {
    return failed(error);
  }
}

function settle(delivery: DeliveryTo<"email">, { refused }: Progress, refusals: readonly Refusal[]): Outcome {
  const all = [...refused, ...refusals.filter((refusal) => !isTemporary(refusal))];
  const waiting = refusals.filter(isTemporary);
  if (waiting.length > 0) {
    progressOf.set(delivery, { waiting: waiting.map(({ recipient }) => recipient), refused: all });
    return { ok: false, retry: true, error: describe([...all, ...waiting]) };
  }
  if (all.length === new Set(delivery.action.to).size) return { ok: false, retry: false, error: describe(all) };
  return all.length === 0 ? { ok: true } : { ok: true, warning: describe(all) };
}

function isTemporary({ code }: Refusal): boolean {
  return code === undefined || code < 500;
}

function describe(refusals: readonly Refusal[]): string {
  return refusals.map(({ recipient, text }) => `${recipient}: ${text}`).join("; ");
}

/** nodemailer's errors carry SMTP's code where a server gave one; without it the trouble was on the way. */
function failed(error: unknown): Outcome {
  const text = error instanceof Error ? error.message : "failed";
  const code = error instanceof Error && "responseCode" in error ? Number(error.responseCode) : 0;
  return { ok: false, retry: code < 500, error: text };
}
