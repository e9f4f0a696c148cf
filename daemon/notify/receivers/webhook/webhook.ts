import { errorText } from "../../../../bpf/source/error-text.ts";
import type { Failure, Outcome } from "../../queue/delivery.ts";
import { jsonLine } from "../../../text/json-line.ts";
import { type Answer, post } from "./post.ts";
import type { DeliveryTo, Receiver, ReceiverContext } from "../receiver.ts";
import { retryAfterMs } from "./retry-after.ts";
import { BUSY_STATUSES, troubleOfHttp } from "../../queue/trouble.ts";
import { webhookBody } from "./webhook-body.ts";

/** The time after an attempt's timeout at which the attempt is ended by force. */
const SPARE_MS = 5_000;

/**
 * POSTs `webhookBody`. 2xx is success; `troubleOfHttp` says what each other status means. Redirects
 * are not followed: the body with all its information would go to any place that an answer names.
 * The URL may hold a secret and is never shown; its origin is.
 */
export const webhook: Receiver<"webhook"> = {
  deliver,
  attemptMs: ({ timeoutMs }) => timeoutMs + SPARE_MS,
  isImmediate: false,
  keepsOrder: false,
  maxAlerts: 500,
  gatherEventsMs: 1000,
  maxEvents: 500,
};

async function deliver(
  delivery: DeliveryTo<"webhook">,
  context: ReceiverContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const url = URL.parse(context.readSecret(delivery.action.url).trim());
  if (url === null || !/^https?:$/.test(url.protocol))
    return refused("expected an http or https URL, found another text");
  const credentials = credentialsOf(url);
  if (credentials === undefined)
    return refused(`${url.origin}: the user or password of the URL is not percent-encoded UTF-8: write "%" as %25`);
  const { timeoutMs } = delivery.action;
  const body = bodyOf(delivery, context);
  if (typeof body !== "string") return body;
  try {
    const answer = await post(withoutUser(url), {
      headers: headersOf(delivery, credentials, context),
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return outcomeOf(answer, url, context);
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

function bodyOf(delivery: DeliveryTo<"webhook">, { labels }: ReceiverContext): string | Failure {
  try {
    return jsonLine(webhookBody(delivery, labels));
  } catch (error) {
    return { ok: false, trouble: "message", error: `the message cannot be built: ${errorText(error)}` };
  }
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

/**
 * Returns the headers: `Idempotency-Key` follows the IETF draft of that name, `webhook-id` Standard
 * Webhooks.
 */
function headersOf(
  { id }: DeliveryTo<"webhook">,
  credentials: string,
  { userAgent }: ReceiverContext,
): Record<string, string> {
  return {
    "Content-Type": "application/json",
    "User-Agent": userAgent,
    "Idempotency-Key": id,
    "webhook-id": id,
    ...(credentials === ":" ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
  };
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
