import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Logger } from "../service/logger.ts";
import { ApiError, errorBody } from "./api-error.ts";
import type { ControlApi } from "./control-api.ts";
import { JsonText } from "./json-text.ts";
import { LineStream } from "./line-stream.ts";
import { listenOnSocket } from "./listen-on-socket.ts";
import { readJson } from "./read-json.ts";
import { findRoute } from "./routes.ts";

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;

export interface ControlServerOptions {
  readonly path: string;
  readonly api: ControlApi;
  readonly logger: Logger;
}

/**
 * Serves HTTP with JSON over a Unix socket, for the commands. Rejects as `listenOnSocket` does.
 * Disposing closes the socket and removes it.
 */
export async function startControlServer({ path, api, logger }: ControlServerOptions): Promise<AsyncDisposable> {
  const server = createServer((request, response) => void answer(request, response, api, logger));
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on("error", (error) => logger.error({ err: error }, "the control socket failed"));
  await listenOnSocket(server, path);
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Answers a request. Never rejects: an error becomes an answer, and is dropped if the client has
 * gone.
 */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  api: ControlApi,
  logger: Logger,
): Promise<void> {
  response.on("error", () => undefined);
  try {
    const { route, name, query } = findRoute(request.method ?? "", request.url ?? "");
    const body = route.method === "POST" ? await readJson(request) : undefined;
    const found = await route.answer(api, name, body, query);
    if (found instanceof LineStream) found.send(response);
    else send(response, 200, found);
  } catch (error) {
    if (!(error instanceof ApiError))
      logger.error({ err: error, path: request.url }, "answering a request at the control socket failed");
    const failure =
      error instanceof ApiError ? error : new ApiError(500, "the request failed in the daemon: see its log");
    send(response, failure.status, errorBody(failure));
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response
    .writeHead(status, { "Content-Type": "application/json" })
    .end(`${body instanceof JsonText ? body.json : JSON.stringify(body)}\n`);
}
