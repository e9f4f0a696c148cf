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
}

/** A receiver over HTTP: what it is sent, and what its answers mean. */
export interface HttpReceiver<Settings extends HttpSettings> {
  /** Returns the requests of a delivery. They are sent in order until one fails. */
  readonly render: (delivery: DeliveryTo<Settings>, context: ReceiverContext) => readonly HttpRequest[];
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
      const requests = requestsOf(receiver, delivery, context);
      if ("ok" in requests) return requests;
      const { timeoutMs } = delivery.action;
      const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      let outcome: Outcome = { ok: true };
      for (const request of requests) {
        outcome = await send(request, { receiver, headers: headersOf(delivery, context), context, ending, timeoutMs });
        if (!outcome.ok) break;
      }
      return outcome;
    },
  };
}

/**
 * Returns the requests, or the failure of a message that cannot be built. Throws if a secret cannot
 * be read, which is not the message's fault.
 */
function requestsOf<Settings extends HttpSettings>(
  { render }: HttpReceiver<Settings>,
  delivery: DeliveryTo<Settings>,
  context: ReceiverContext,
): readonly HttpRequest[] | Failure {
  let unreadable: unknown;
  const readSecret: ReceiverContext["readSecret"] = (secret) => {
    try {
      return context.readSecret(secret);
    } catch (error) {
      unreadable = error;
      throw error;
    }
  };
  try {
    return render(delivery, { ...context, readSecret });
  } catch (error) {
    if (error === unreadable) throw error;
    return { ok: false, trouble: "message", error: `the message cannot be built: ${errorText(error)}` };
  }
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

async function send(request: HttpRequest, sending: Sending): Promise<Outcome> {
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
    return receiver.classify?.(answer) ?? outcomeOf(answer, url, context);
  } catch (error) {
    return { ok: false, trouble: "passing", error: `${url.origin}: ${networkError(error, timeoutMs)}` };
  }
}

/**
 * Returns the outcome for a URL that cannot be used. It is `setup`, because the text may come from
 * a file that is being changed.
 */
function refused(error: string): Outcome {
  return { ok: false, trouble: "setup", error };
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
