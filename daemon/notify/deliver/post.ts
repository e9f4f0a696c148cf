import { type Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { HOST_NAMES } from "../../service/name-lookup.ts";
import { plainAgent, secureAgent } from "./proxy-agents.ts";
import type { TlsOptions } from "./tls-options.ts";

/**
 * The most of an answer that is read, also so that its connection can be used again; the rest is
 * not waited for.
 */
const MAX_ANSWER_BYTES = 65_536;

export interface PostOptions {
  /** POST if not given */
  readonly method?: string;
  readonly tls?: TlsOptions;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** the first 64 KiB of the body; empty if it did not come */
  readonly body: string;
}

/**
 * Sends a request, POST in most cases, to an http or https URL on any port; `fetch` refuses some
 * eighty of them (https://fetch.spec.whatwg.org/#port-blocking), which makes sense in browsers
 * only. Redirects are not followed. Rejects with Node's errors, and with the signal's reason once
 * it is aborted.
 */
export async function post(url: URL, options: PostOptions): Promise<Answer> {
  try {
    const { response, hasBody } = await send(url, options);
    const body = hasBody ? await bodyOf(response) : "";
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  }
}

/**
 * Sends a request. If the other side closes a kept connection just now, sends it once more on a new
 * one. Nobody can know if the first one was read, as with every request that is tried again: the
 * idempotency key is the same.
 */
async function send(url: URL, options: PostOptions): Promise<Arrival> {
  const requesting = await requestingFor(url);
  const first = open(requesting, url, options);
  try {
    return await first.answered;
  } catch (error) {
    if (!first.isOnKeptConnection() || !isClosed(error) || options.signal.aborted) throw error;
    return open(requesting, url, options).answered;
  }
}

/** The functions of a protocol. */
interface Requesting {
  readonly request: typeof httpRequest;
  readonly agent: Agent;
}

/** `https` is loaded with the first message that needs it: TLS takes memory. */
async function requestingFor({ protocol }: URL): Promise<Requesting> {
  if (protocol !== "https:") return { request: httpRequest, agent: plainAgent() };
  return { request: (await import("node:https")).request, agent: await secureAgent() };
}

/**
 * The limit of a proxy that makes a tunnel: Node does not end that with the signal. The attempt has
 * ended by then.
 */
const TUNNEL_MS = 30_000;

interface Arrival {
  readonly response: IncomingMessage;
  readonly hasBody: boolean;
}

interface Attempt {
  readonly answered: Promise<Arrival>;
  readonly isOnKeptConnection: () => boolean;
}

/**
 * Begins a request. `answered` settles whatever the other side does, at the latest when the signal
 * is aborted.
 */
function open({ request, agent }: Requesting, url: URL, options: PostOptions): Attempt {
  const { method = "POST", headers, body, tls, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Arrival>();
  const bytes = Buffer.from(body);
  const { lookup } = HOST_NAMES;
  const sized = { ...headers, "Content-Length": bytes.length };
  const outgoing = request(url, { ...tls, agent, method, headers: sized, lookup, signal, timeout: TUNNEL_MS });
  outgoing.on("response", (response) => resolve({ response, hasBody: true }));
  // Nobody asked for another protocol: the status, 101, is all that there is of an answer.
  outgoing.on("upgrade", (response, socket) => {
    socket.destroy();
    resolve({ response, hasBody: false });
  });
  outgoing.on("error", reject).on("close", () => reject(new Error("the connection was closed without an answer")));
  signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  outgoing.end(bytes);
  return { answered: promise, isOnKeptConnection: () => outgoing.reusedSocket };
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

/** Returns the start of a body. The status is the answer: trouble with what follows changes nothing. */
async function bodyOf(response: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // the connection was closed or the time is over
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString();
}
