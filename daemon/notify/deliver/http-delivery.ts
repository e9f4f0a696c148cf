import { errorText } from "../../../bpf/source/error-text.ts";
import type { HttpSettings } from "../../receivers/http-settings.ts";
import type { Failure, Outcome } from "../queue/delivery.ts";
import { BUSY_STATUSES, troubleOfHttp } from "../queue/trouble.ts";
import { type Answer, post, type TlsOptions } from "./post.ts";
import type { DeliveryTo, ReceiverContext, ReceiverDelivery } from "./receiver-delivery.ts";
import { retryAfterMs } from "./retry-after.ts";

/** One request to a receiver. */
export interface HttpRequest {
  /** it may hold a secret, and is never shown: its origin is. A user in it becomes a header */
  readonly url: string;
  /** POST if not given */
  readonly method?: string;
  /** in addition to `headersOf`, and instead of them */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly tls?: TlsOptions;
  /**
   * returns true for an answer that is a failure by its status, but with which `render` goes on,
   * such as that a message to edit is gone
   */
  readonly isExpected?: (answer: Answer) => boolean;
}

/**
 * The requests of one delivery, sent in order until one fails. A generator gets the answer of each
 * request before it gives the next one.
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
  readonly classify?: (answer: Answer) => Outcome | undefined;
}

/**
 * Returns the delivery of a receiver over HTTP. 2xx is success; `troubleOfHttp` says what each
 * other status means. Redirects are not followed: the body with all its information would go to any
 * place that an answer names.
 */
export function httpDelivery<Settings extends HttpSettings>(
  receiver: HttpReceiver<Settings>,
): ReceiverDelivery<Settings> {
  return {
    async deliver(delivery, context, signal) {
      let remember: string | undefined;
      const noting = { ...context, remember: (text: string) => void (remember = text) };
      const { timeoutMs } = delivery.action;
      const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const sending = { receiver, headers: headersOf(delivery, context), context, ending, timeoutMs };
      const outcome = await sendAll(requestsOf(receiver, delivery, noting), sending);
      return remember === undefined ? outcome : { ...outcome, remember };
    },
  };
}

/** The next request; undefined after the last one, and a failure of a message that cannot be built. */
type NextRequest = (answer?: Answer) => HttpRequest | Failure | undefined;

async function sendAll(nextRequest: NextRequest, sending: Sending): Promise<Outcome> {
  for (let request = nextRequest(); request !== undefined;) {
    if ("ok" in request) return request;
    const sent = await send(request, sending);
    if (!sent.outcome.ok) return sent.outcome;
    request = nextRequest(sent.answer);
  }
  return { ok: true };
}

/**
 * Returns the requests one by one. Throws if a secret cannot be read, which is not the message's
 * fault.
 */
function requestsOf<Settings extends HttpSettings>(
  { render }: HttpReceiver<Settings>,
  delivery: DeliveryTo<Settings>,
  context: RenderContext,
): NextRequest {
  let unreadable: unknown;
  const readSecret: ReceiverContext["readSecret"] = (secret) => {
    try {
      return context.readSecret(secret);
    } catch (error) {
      unreadable = error;
      throw error;
    }
  };
  let requests: Iterator<HttpRequest, unknown, Answer | undefined> | undefined;
  return (answer) => {
    try {
      // The iterator of a list takes no answers, and that of a generator no first one.
      requests ??= render(delivery, { ...context, readSecret })[Symbol.iterator]();
      const next = requests.next(answer);
      return next.done === true ? undefined : next.value;
    } catch (error) {
      if (error === unreadable) throw error;
      return { ok: false, trouble: "message", error: `the message cannot be built: ${errorText(error)}` };
    }
  };
}

/**
 * Returns the headers of every request: `Idempotency-Key` follows the IETF draft of that name,
 * `webhook-id` Standard Webhooks.
 */
function headersOf({ id }: { readonly id: string }, { userAgent }: ReceiverContext): Record<string, string> {
  return { "Content-Type": "application/json", "User-Agent": userAgent, "Idempotency-Key": id, "webhook-id": id };
}

interface Sending {
  readonly receiver: Pick<HttpReceiver<never>, "classify">;
  readonly headers: Readonly<Record<string, string>>;
  readonly context: ReceiverContext;
  readonly ending: AbortSignal;
  readonly timeoutMs: number;
}

/** An outcome, and the answer if there is one. */
interface Sent {
  readonly outcome: Outcome;
  readonly answer?: Answer;
}

async function send(request: HttpRequest, sending: Sending): Promise<Sent> {
  const url = URL.parse(request.url.trim());
  if (url === null || !/^https?:$/.test(url.protocol))
    return refused("expected an http or https URL, found another text");
  const credentials = credentialsOf(url);
  if (credentials === undefined)
    return refused(`${url.origin}: the user or password of the URL is not percent-encoded UTF-8: write "%" as %25`);
  const { receiver, context, timeoutMs, ending } = sending;
  try {
    const answer = await post(withoutUser(url), {
      ...request,
      headers: { ...sending.headers, ...authorization(credentials), ...request.headers },
      signal: ending,
    });
    if (request.isExpected?.(answer) === true) return { outcome: { ok: true }, answer };
    return { outcome: receiver.classify?.(answer) ?? outcomeOf(answer, url, context), answer };
  } catch (error) {
    const failed = `${url.origin}: ${networkError(error, timeoutMs)}`;
    return { outcome: { ok: false, trouble: "passing", error: failed } };
  }
}

/**
 * Returns the outcome for a URL that cannot be used. It is `setup`, because the text may come from
 * a file that is being changed.
 */
function refused(error: string): Sent {
  return { outcome: { ok: false, trouble: "setup", error } };
}

/**
 * Returns `USER:PASSWORD` of a URL, decoded. Returns undefined if it is not percent-encoded as RFC
 * 3986 §2.1 requires, which URL does not check.
 */
function credentialsOf({ username, password }: URL): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

function authorization(credentials: string): Readonly<Record<string, string>> {
  return credentials === ":" ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/** Returns the URL without its user, which is in a header already: errors may show the URL. */
function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

function outcomeOf({ status, headers }: Answer, url: URL, { nowUnixMs }: ReceiverContext): Outcome {
  if (status >= 200 && status < 300) return { ok: true };
  const isRedirect = status >= 300 && status < 400;
  const error = `${url.origin}: HTTP ${status}${isRedirect ? ": redirects are not followed" : ""}`;
  const trouble = troubleOfHttp(status);
  const afterMs = retryAfterMs(headers["retry-after"] ?? null, nowUnixMs());
  if (trouble === "message" || afterMs === undefined) return { ok: false, trouble, error };
  return { ok: false, trouble, error, afterMs, isForAll: BUSY_STATUSES.has(status) };
}

/** Returns Node's message, which shows addresses and no URL. */
function networkError(error: unknown, timeoutMs: number): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  if (name === "AbortError") return "stopped before an answer came";
  return `the connection failed: ${errorText(error)}`;
}
