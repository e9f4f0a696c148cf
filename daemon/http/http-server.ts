import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { visible } from "../../bpf/source/visible.ts";
import { ApiError } from "../api/api-error.ts";
import type { Logger } from "../service/logger.ts";
import type { HttpSettings, ListenAddress } from "../settings/http-settings.ts";
import { isOwnHost } from "./host-header.ts";
import { type HttpAnswer, plainText } from "./http-answer.ts";
import type { HttpRoute, HttpSource } from "./http-route.ts";
import { findHttpRoute, HTTP_ROUTES, NoSuchRoute } from "./routes.ts";

const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 16 * 1024;
/** A client has so long for its headers, and for all of its request. */
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** A connection on which nothing moves is closed after that. */
const SILENCE_TIMEOUT_MS = 60_000;
/** Longer than the usual interval of scrapes, so that they use one connection. */
const KEEP_ALIVE_MS = 75_000;

export interface HttpServerOptions {
  readonly settings: HttpSettings;
  readonly source: HttpSource;
  readonly logger: Logger;
  /** those of the daemon if not given */
  readonly routes?: readonly HttpRoute[];
}

export interface HttpServer extends AsyncDisposable {
  /** with the port that the kernel chose, if the settings have 0 */
  readonly address: ListenAddress;
}

/** Listens and answers. Rejects with the error of `listen`. Disposing closes all connections. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { settings, logger } = options;
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void answer(request, response, options),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = SILENCE_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, settings.address);
  server.on("error", (error) => logger.error({ err: error }, "the HTTP server failed"));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : settings.address.port;
  return {
    address: { ...settings.address, port },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve).once("error", reject);
  server.listen({ host, port });
  await promise.finally(() => server.removeListener("error", reject));
}

/** Answers a request. Never rejects: an error becomes an answer. */
async function answer(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  response.on("error", () => undefined);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  let answered: HttpAnswer;
  try {
    answered = await answerOf(request, options, gone.signal);
  } catch (error) {
    answered = failure(error, request, options.logger);
  }
  // The length of a body that nobody reads is unknown: the connection cannot be used again.
  if (!request.complete) response.shouldKeepAlive = false;
  await send(response, answered, request.method === "HEAD");
}

async function answerOf(
  request: IncomingMessage,
  { settings, source, routes = HTTP_ROUTES }: HttpServerOptions,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { host } = request.headers;
  if (!isOwnHost(host, request.socket.localAddress, settings))
    throw new ApiError(403, `the header Host has an unknown name: "${visible(host ?? "")}"`, [
      "ask by an address of this host, or add the name to hosts under http in the settings",
    ]);
  const { route, name, query } = findHttpRoute(request.method ?? "", request.url ?? "", routes);
  return route.answer(source, { name, query, headers: request.headers, signal });
}

function failure(error: unknown, { url }: IncomingMessage, logger: Logger): HttpAnswer {
  if (!(error instanceof ApiError)) {
    logger.error({ err: error, path: url }, "answering a request over HTTP failed");
    return plainText(500, "the request failed in the daemon: see its log");
  }
  const text = plainText(error.status, [error.message, ...error.details].join("\n"));
  return error instanceof NoSuchRoute && error.allowed.length > 0
    ? { ...text, headers: { Allow: error.allowed.join(", ") } }
    : text;
}

/** Sends an answer. What cannot be sent ends the connection: the client has gone, or sees that. */
async function send(response: ServerResponse, { status, type, headers, body }: HttpAnswer, isHead: boolean) {
  response.writeHead(status, {
    ...{ "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" },
    ...headers,
  });
  if (isHead) return void response.end();
  if (typeof body === "string" || Buffer.isBuffer(body)) return void response.end(body);
  try {
    await pipeline(Readable.from(body), response);
  } catch {
    response.destroy();
  }
}
