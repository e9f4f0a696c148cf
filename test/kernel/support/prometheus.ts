import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../daemon/notify/alertmanager.ts";
import { pollUntil } from "./poll-until.ts";

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

interface TargetsAnswer {
  readonly data: { readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[] };
}

const READY_MS = 60_000;

/** A real Prometheus that scrapes one port of this host. */
export class Prometheus implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "bpfwarden-prometheus-"));
  readonly #parameters: readonly string[];
  #address = "";
  #child: ChildProcess | undefined;

  private constructor(parameters: readonly string[]) {
    this.#parameters = parameters;
  }

  /** Starts one that scrapes this port again and again, with further parameters of its own. */
  static async start(scraped: number, parameters: readonly string[] = []): Promise<Prometheus> {
    const prometheus = new Prometheus(parameters);
    prometheus.#address = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(prometheus.#folder, "prometheus.yml"), configuration(scraped));
    await prometheus.#run();
    return prometheus;
  }

  /** Ends it and starts it again, on the same data. */
  async restart(): Promise<void> {
    await this.#end("SIGTERM");
    await this.#run();
  }

  async #run(): Promise<void> {
    const options = [
      `--config.file=${join(this.#folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(this.#folder, "data")}`,
      `--web.listen-address=${this.#address}`,
      "--log.level=error",
    ];
    this.#child = spawn("prometheus", [...options, ...this.#parameters], { stdio: "ignore" });
    const isReady = async (): Promise<boolean> => {
      if (this.#child?.exitCode !== null) throw new Error("Prometheus ended");
      const answer = await fetch(`http://${this.#address}/-/ready`).catch(() => undefined);
      await answer?.text();
      return answer?.ok === true;
    };
    await pollUntil("Prometheus to be ready", isReady, READY_MS);
  }

  /** Returns the value of an expression that has one; undefined if it has none. */
  async value(query: string): Promise<number | undefined> {
    const { result } = (await this.#get<QueryAnswer>(`query?query=${encodeURIComponent(query)}`)).data;
    if (result.length > 1) throw new Error(`${query}: expected one time series, found ${result.length}`);
    return result[0] === undefined ? undefined : Number(result[0].value[1]);
  }

  /** Returns why the last scrape failed; "" if it did not. */
  async fault(): Promise<string> {
    const { activeTargets } = (await this.#get<TargetsAnswer>("targets")).data;
    return activeTargets.map(({ lastError }) => lastError).join("\n");
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`http://${this.#address}/api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const configuration = (port: number): string => `global: {scrape_interval: 250ms, scrape_timeout: 250ms}
scrape_configs: [{job_name: bpfwarden, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]
`;
