import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request that a service got. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** The answer of a service: its status, headers and body. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Service extends AsyncDisposable {
  /** ends without a slash */
  readonly url: string;
  readonly requests: ServiceRequest[];
}

/** Starts a service on loopback that keeps its requests, which have JSON. */
export async function startService(answer: (request: ServiceRequest) => ServiceAnswer): Promise<Service> {
  const requests: ServiceRequest[] = [];
  const server = createServer((incoming, response) => void answerTo(incoming, response)).listen(0, "127.0.0.1");
  async function answerTo(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = incoming;
    const body = JSON.parse(await text(incoming)) as unknown;
    const request = { method, path, headers, body };
    requests.push(request);
    const answered = answer(request);
    response.writeHead(answered.status, answered.headers).end(answered.body);
  }
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
