import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** A message that Alertmanager sent to one of its receivers. */
export interface Received {
  readonly receiver: string;
  readonly body: {
    readonly groupLabels: Readonly<Record<string, string>>;
    readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
  };
}

const READY_MS = 30_000;

/** A real Alertmanager on loopback, and the receivers that it notifies: a webhook `/NAME` each. */
export class Alertmanager implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly #disposal = new AsyncDisposableStack();
  #base = "";

  /**
   * @param configure makes the configuration, given the address that receivers' names are put
   * behind
   * @param cluster options of the cluster; without them it is alone
   */
  static async start(
    configure: (hooks: string) => string,
    cluster: readonly string[] = ["--cluster.listen-address="],
  ): Promise<Alertmanager> {
    const started = new Alertmanager();
    try {
      await started.#start(configure, cluster);
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  async #start(configure: (hooks: string) => string, cluster: readonly string[]): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-alertmanager-"));
    this.#disposal.defer(() => rmSync(folder, { recursive: true }));
    const hooks = await this.#listen();
    writeFileSync(join(folder, "config.yml"), configure(hooks));
    const address = `127.0.0.1:${await freePort()}`;
    this.#base = `http://${address}`;
    const child = spawn(
      "prometheus-alertmanager",
      [
        `--config.file=${join(folder, "config.yml")}`,
        `--storage.path=${join(folder, "data")}`,
        `--web.listen-address=${address}`,
        ...cluster,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const errors = text(child.stderr);
    const exited = once(child, "exit");
    this.#disposal.defer(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    await this.#ready(async () => {
      if (child.exitCode !== null) throw new Error(`alertmanager ended: ${await errors}`);
    });
  }

  async #ready(check: () => Promise<void>): Promise<void> {
    for (const endMs = performance.now() + READY_MS; performance.now() < endMs; await sleep(100)) {
      await check();
      const response = await fetch(`${this.#base}/-/ready`).catch(() => undefined);
      if (response?.ok === true) return;
    }
    throw new Error("alertmanager is not ready");
  }

  async #listen(): Promise<string> {
    const server = createServer((request, response) => {
      void this.#receive(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#disposal.defer(() => close(server));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Received["body"];
    this.received.push({ receiver: (request.url ?? "").slice(1), body });
    response.end();
  }

  /** The URL for its clients. */
  get url(): string {
    return this.#base;
  }

  /** GETs from its API, version 2. */
  async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#base}/api/v2/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** POSTs to its API, version 2. */
  async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.#base}/api/v2/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
    return answer === "" ? undefined : (JSON.parse(answer) as unknown);
  }

  async delete(path: string): Promise<void> {
    const response = await fetch(`${this.#base}/api/v2/${path}`, { method: "DELETE" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposal.disposeAsync();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await close(server);
  return port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
