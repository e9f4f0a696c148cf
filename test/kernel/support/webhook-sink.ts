import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedAlert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, number>>;
  readonly startsAt: string;
  readonly reason: string;
}

export interface ReceivedWebhook {
  /** by `performance.now()` of this process */
  readonly arrivedAtMs: number;
  readonly idempotencyKey: string | undefined;
  readonly body: { readonly status: string; readonly groupKey: string; readonly alerts: readonly ReceivedAlert[] };
}

/** A real HTTP server on loopback that keeps what is posted to it. */
export class WebhookSink implements AsyncDisposable {
  readonly received: ReceivedWebhook[] = [];
  /**
   * whether it fails to take the next one, which then does not count as received: by a status of
   * 500, or by a connection that breaks
   */
  fails: () => false | "status" | "connection" = () => false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param port a free one if not given */
  static async start(port = 0): Promise<WebhookSink> {
    const server = createServer();
    const sink = new WebhookSink(server);
    server.on("request", (request, response) => {
      const arrivedAtMs = performance.now();
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const failure = sink.fails();
        if (failure === "connection") return void request.socket.destroy();
        if (failure === "status") return void response.writeHead(500).end();
        const idempotencyKey = request.headers["idempotency-key"]?.toString();
        sink.received.push({ arrivedAtMs, idempotencyKey, body: JSON.parse(Buffer.concat(chunks).toString()) });
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  alerts(rule: string, status?: string): readonly ReceivedAlert[] {
    const all = this.received.flatMap((webhook) => webhook.body.alerts);
    return all.filter(
      (alert) => alert.labels["alertname"] === rule && (status === undefined || alert.status === status),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
