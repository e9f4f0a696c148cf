import { errorText } from "../../../bpf/source/error-text.ts";
import type { Outcome } from "../queue/delivery.ts";
import { BUSY_STATUSES, troubleOfHttp } from "../queue/trouble.ts";
import { isSuccess } from "./json-answer.ts";
import { type Answer, post } from "./post.ts";
import type { ReceiverContext } from "./receiver-delivery.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { TlsOptions } from "./tls-options.ts";

/** One request to a receiver. */
export interface HttpRequest {
  /** it may hold a secret, and is never shown: its origin is. A user in it becomes a header */
  readonly url: string;
  /** POST if not given */
  readonly method?: string;
  /** in addition to `headersOf`, and instead of them */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** returns headers that are computed when it is sent, such as a signature */
  readonly signed?: () => Promise<Readonly<Record<string, string>>>;
  /**
   * returns true for an answer that is a failure by its status, but with which `render` goes on,
   * such as that a message to edit is gone
   */
  readonly isExpected?: (answer: Answer) => boolean;
}

/** The parts that all requests of a delivery share. */
export interface Sending {
  /** returns the outcome of an answer whose status does not say it */
  readonly classify: (answer: Answer) => Outcome | undefined;
  readonly nowUnixMs: ReceiverContext["nowUnixMs"];
  readonly ending: AbortSignal;
  readonly timeoutMs: number;
  readonly tls?: TlsOptions;
}

/** An outcome, and the answer if there is one. */
export interface Sent {
  readonly outcome: Outcome;
  readonly answer?: Answer;
}

/**
 * Sends one request. 2xx is success; `troubleOfHttp` says what each other status means. Redirects
 * are not followed: the body with all its information would go to any place that an answer names.
 *
 * @param common headers that the request may replace
 */
export async function sendRequest(
  request: HttpRequest,
  common: Readonly<Record<string, string>>,
  { classify, nowUnixMs, timeoutMs, ending, tls }: Sending,
): Promise<Sent> {
  const url = URL.parse(request.url.trim());
  if (url === null || !/^https?:$/.test(url.protocol))
    return refused("expected an http or https URL, found another text");
  const credentials = credentialsOf(url);
  if (credentials === undefined)
    return refused(`${url.origin}: the user or password of the URL is not percent-encoded UTF-8: write "%" as %25`);
  try {
    const signed = await request.signed?.();
    const answer = await post(withoutUser(url), {
      ...request,
      headers: { ...common, ...authorization(credentials), ...request.headers, ...signed },
      signal: ending,
      ...(tls !== undefined && { tls }),
    });
    if (request.isExpected?.(answer) === true) return { outcome: { ok: true }, answer };
    return { outcome: classify(answer) ?? outcomeOf(answer, url, nowUnixMs), answer };
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

function outcomeOf({ status, headers }: Answer, url: URL, nowUnixMs: Sending["nowUnixMs"]): Outcome {
  if (isSuccess({ status })) return { ok: true };
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
