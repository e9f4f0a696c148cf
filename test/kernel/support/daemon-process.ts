import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMPILE_CACHE } from "../../../packaging/setup/daemon-runtime.mjs";
import { waitUntil } from "./wait-until.ts";

const root = join(import.meta.dirname, "../../..");

/** A host that does much else starts a program in so long at most: a bound against hanging. */
const START_MS = 60_000;

export interface DaemonOptions {
  /** file name → text, below `rules.d` */
  readonly rules: Readonly<Record<string, string>>;
  /** text of `bpfwarden.yaml` */
  readonly settings?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** options of Node.js itself */
  readonly nodeFlags?: readonly string[];
  /** options of `bpfwarden run` */
  readonly parameters?: readonly string[];
}

/** The text of a shipped rule. */
export function shippedRule(name: string): string {
  return readFileSync(join(root, "rules.d", `${name}.yaml`), "utf8");
}

/** The real daemon as a child process on a folder of its own. */
export class DaemonProcess implements AsyncDisposable {
  readonly folder: string;
  readonly #options: DaemonOptions;
  #child: ChildProcess;
  #output = "";
  #exit: number | string | undefined;

  private constructor(folder: string, options: DaemonOptions) {
    this.folder = folder;
    this.#options = options;
    this.#child = this.#spawn();
  }

  /** Resolves when every rule is attached. */
  static async start(options: DaemonOptions): Promise<DaemonProcess> {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-test-"));
    mkdirSync(join(folder, "rules.d"));
    for (const [name, text] of Object.entries(options.rules)) writeFileSync(join(folder, "rules.d", name), text);
    if (options.settings !== undefined) writeFileSync(join(folder, "bpfwarden.yaml"), options.settings);
    const daemon = new DaemonProcess(folder, options);
    await daemon.#ready();
    return daemon;
  }

  /**
   * Ends the process and starts another one on the same folder, whose output takes the place of
   * that of the first.
   *
   * @param meanwhile what happens while none runs
   */
  async restart(signal: "SIGTERM" | "SIGKILL", meanwhile: () => void = () => undefined): Promise<void> {
    this.signal(signal);
    await waitUntil("the daemon to end", () => this.#exit);
    meanwhile();
    this.#output = "";
    this.#exit = undefined;
    this.#child = this.#spawn();
    await this.#ready();
  }

  #spawn(): ChildProcess {
    const { nodeFlags = [], environment, parameters = [] } = this.#options;
    const main = join(root, "daemon/main.ts");
    const child = spawn(process.execPath, [...nodeFlags, main, "run", "--config", this.folder, ...parameters], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...environment },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    child.on("exit", (code, signal) => (this.#exit = code ?? signal ?? "gone"));
    return child;
  }

  async #ready(): Promise<void> {
    await this.until("the daemon to be ready", (output) => /"msg":"ready"/.test(output), START_MS);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get output(): string {
    return this.#output;
  }

  get exit(): number | string | undefined {
    return this.#exit;
  }

  /** Waits for the output to satisfy `test`; the error holds the output. */
  async until(what: string, test: (output: string) => boolean, timeoutMs?: number): Promise<void> {
    try {
      await waitUntil(
        what,
        () => {
          if (this.#exit !== undefined && !test(this.#output)) throw new Error(`the daemon ended (${this.#exit})`);
          return test(this.#output);
        },
        timeoutMs,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}; output:\n${this.#output}`, { cause: error });
    }
  }

  writeRule(name: string, text: string): void {
    writeFileSync(join(this.folder, "rules.d", name), text);
  }

  /** The lines of a JSON Lines file below the folder. */
  lines(name: string): readonly Readonly<Record<string, unknown>>[] {
    const path = join(this.folder, name);
    if (!existsSync(path)) return [];
    const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | string> {
    if (this.#exit === undefined) this.#child.kill("SIGTERM");
    return waitUntil("the daemon to end", () => this.#exit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } catch {
      this.#child.kill("SIGKILL");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
