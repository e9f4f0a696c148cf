import type { Outcome } from "./delivery.ts";
import type { DeliveryTo, Receiver, ReceiverContext } from "./receiver.ts";
import { retryAfterMs } from "./retry-after.ts";
import { webhookBody } from "./webhook-body.ts";

/** How much of an answer is read so that its connection can be used again; the rest is not waited for. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * POSTs `webhookBody`. 2xx is success; 408, 429, 5xx and trouble with the network can be tried again, everything else cannot.
 * Redirects are not followed: fetch would POST the body, with all it says, to wherever an answer points. The URL may hold a secret
 * and is never shown; its origin is.
 */
export const webhook: Receiver<"webhook"> = {
  deliver,
  isImmediate: false,
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
    return giveUp("expected an http or https URL, found another text");
  const credentials = credentialsOf(url);
  if (credentials === undefined)
    return giveUp(`${url.origin}: the user or password of the URL is not percent-encoded UTF-8: write "%" as %25`);
  const { timeoutMs } = delivery.action;
  try {
    const response = await context.fetch(withoutUser(url), {
      method: "POST",
      redirect: "manual",
      headers: headersOf(delivery, credentials, context),
      body: JSON.stringify(webhookBody(delivery, context.labels)),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    // The status is the answer; trouble with what follows it changes nothing.
    await discard(response).catch(() => undefined);
    return outcomeOf(response, url, context);
  } catch (error) {
    return { ok: false, retry: true, error: `${url.origin}: ${networkError(error, timeoutMs)}` };
  }
}

function giveUp(error: string): Outcome {
  return { ok: false, retry: false, error };
}

/** `USER:PASSWORD` of a URL, decoded; undefined where it is not percent-encoded as RFC 3986 §2.1 has it, which URL lets pass. */
function credentialsOf({ username, password }: URL): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/** `Idempotency-Key` as the IETF draft of that name has it, `webhook-id` as Standard Webhooks do. */
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

/** fetch refuses a URL with a user in it, with an error that shows the password. */
function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

async function discard(response: Response): Promise<void> {
  let bytes = 0;
  const chunks: AsyncIterable<Uint8Array> | null = response.body;
  if (chunks === null) return;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
}

function outcomeOf(response: Response, url: URL, { nowUnixMs }: ReceiverContext): Outcome {
  const { status } = response;
  if (response.ok) return { ok: true };
  const error = `${url.origin}: HTTP ${status}`;
  if (status >= 300 && status < 400) return giveUp(`${error}: redirects are not followed`);
  if (status !== 408 && status !== 429 && status < 500) return giveUp(error);
  const afterMs = retryAfterMs(response.headers.get("Retry-After"), nowUnixMs());
  return { ok: false, retry: true, error, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** The cause without the URL: undici puts what happened into `cause`, and a code there. */
function networkError(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return "failed";
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  if (error.name === "AbortError") return "stopped before an answer came";
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? `failed with ${String(cause.code)}` : "the connection failed";
}
