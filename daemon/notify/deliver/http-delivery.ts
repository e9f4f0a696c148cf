import { errorText } from "../../../bpf/source/error-text.ts";
import type { HttpSettings } from "../../receivers/http-settings.ts";
import type { Failure, Outcome } from "../queue/delivery.ts";
import { type HttpRequest, type Sending, sendRequest } from "./http-request.ts";
import { fieldsOf } from "./json-answer.ts";
import type { Answer } from "./post.ts";
import type { DeliveryTo, ReceiverContext, ReceiverDelivery } from "./receiver-delivery.ts";
import { tlsOptions } from "./tls-options.ts";

/**
 * The requests of one delivery, sent in order. Those of a list do not depend on each other: one
 * that the service refuses for its content does not keep the others back, and the next attempt goes
 * on where this one ended. A generator gets the answer of each request before it gives the next
 * one, and ends with the first that fails.
 */
export type HttpRequests = readonly HttpRequest[] | Generator<HttpRequest, void, Answer>;

export interface RenderContext extends ReceiverContext {
  /** remembers a text for the next delivery of the same group, which has it as `known` */
  readonly remember: (text: string) => void;
}

/** A receiver over HTTP: what it is sent, and what its answers mean. */
export interface HttpReceiver<Settings extends HttpSettings> {
  readonly render: (delivery: DeliveryTo<Settings>, context: RenderContext) => HttpRequests;
  /**
   * Returns the outcome of an answer whose status does not say it, such as a 2xx with an error in
   * its body; undefined for all others
   */
  readonly classify?: (answer: Answer, settings: Settings) => Outcome | undefined;
}

/** Returns the delivery of a receiver over HTTP. */
export function httpDelivery<Settings extends HttpSettings>(
  receiver: HttpReceiver<Settings>,
): ReceiverDelivery<Settings> {
  return {
    async deliver(delivery, context, signal) {
      let remember: string | undefined;
      const { readSecret, build } = builderFor(context);
      const noting = { ...context, readSecret, remember: (text: string) => void (remember = text) };
      const { timeoutMs, tls } = delivery.action;
      const sending: Sending = {
        classify: (answer) => receiver.classify?.(answer, delivery.action),
        ...{ nowUnixMs: context.nowUnixMs, timeoutMs },
        ending: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        ...(tls !== undefined && { tls: tlsOptions(tls, context.readSecret) }),
      };
      const requests = build(() => receiver.render(delivery, noting));
      if ("ok" in requests) return requests;
      const send: Send = (request, index) => sendRequest(request, headersOf(delivery, index, context), sending);
      if (isList(requests)) return sendList(requests, delivery, send);
      const outcome = await sendInTurn((answer) => build(() => requests.next(answer)), send);
      return remember === undefined ? outcome : { ...outcome, remember };
    },
  };
}

const isList = (requests: HttpRequests): requests is readonly HttpRequest[] => Array.isArray(requests);

/** Sends a request of a delivery, the nth from 0. */
type Send = (request: HttpRequest, index: number) => ReturnType<typeof sendRequest>;

/** Sends requests that do not depend on each other, from the one on that an earlier attempt came to. */
async function sendList(
  requests: readonly HttpRequest[],
  delivery: Pick<DeliveryTo<HttpSettings>, "id" | "known">,
  send: Send,
): Promise<Outcome> {
  const refused: Failure[] = [];
  const begin = doneBefore(delivery);
  for (const [index, request] of requests.entries()) {
    if (index < begin) continue;
    const { outcome } = await send(request, index);
    if (outcome.ok) continue;
    if (outcome.trouble === "message") refused.push(outcome);
    else return index === 0 ? outcome : { ...outcome, remember: JSON.stringify({ letter: delivery.id, done: index }) };
  }
  const [first] = refused;
  if (first === undefined) return { ok: true };
  if (refused.length === requests.length) return first;
  return { ok: true, warning: `${refused.length} of ${requests.length} requests were refused: ${first.error}` };
}

/** Returns the number of requests of a delivery that earlier attempts have sent. */
function doneBefore({ id, known }: Pick<DeliveryTo<HttpSettings>, "id" | "known">): number {
  try {
    const { letter, done } = fieldsOf(JSON.parse(known ?? "{}"));
    return letter === id ? Number(done) : 0;
  } catch {
    return 0;
  }
}

type Turn = (answer: Answer) => IteratorResult<HttpRequest, void> | Failure;

/** Sends requests that may depend on the answers to those before them. */
async function sendInTurn(nextAfter: Turn, send: Send): Promise<Outcome> {
  // A generator gets no first answer.
  let answer: Answer = { status: 0, headers: {}, body: "" };
  for (let index = 0; ; index++) {
    const next = nextAfter(answer);
    if ("ok" in next) return next;
    if (next.done === true) return { ok: true };
    const sent = await send(next.value, index);
    if (!sent.outcome.ok || sent.answer === undefined) return sent.outcome;
    answer = sent.answer;
  }
}

interface Builder {
  readonly readSecret: ReceiverContext["readSecret"];
  /**
   * Returns what `make` returns, or a failure of a message that cannot be built. Throws if a secret
   * cannot be read, which is not the message's fault.
   */
  readonly build: <Result>(make: () => Result) => Result | Failure;
}

function builderFor(context: ReceiverContext): Builder {
  let unreadable: unknown;
  return {
    readSecret(secret) {
      try {
        return context.readSecret(secret);
      } catch (error) {
        unreadable = error;
        throw error;
      }
    },
    build(make) {
      try {
        return make();
      } catch (error) {
        if (error === unreadable) throw error;
        return { ok: false, trouble: "message", error: `the message cannot be built: ${errorText(error)}` };
      }
    },
  };
}

/**
 * Returns the headers of every request: `Idempotency-Key` follows the IETF draft of that name,
 * `webhook-id` Standard Webhooks. Each request of a delivery has a key of its own: a service takes
 * a second one with the same key for the first.
 */
function headersOf(
  { id }: { readonly id: string },
  index: number,
  { userAgent }: ReceiverContext,
): Record<string, string> {
  const key = index === 0 ? id : `${id}-${index}`;
  return { "Content-Type": "application/json", "User-Agent": userAgent, "Idempotency-Key": key, "webhook-id": key };
}
