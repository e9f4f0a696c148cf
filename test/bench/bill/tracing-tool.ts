import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Longer than the tools need to attach on a busy host. */
const SETTLE_MS = 6000;

type Command = readonly [program: string, parameters: readonly string[]];

/** Running tracing tools of others. They do not say when they have attached, so they get a time. */
export class TracingTool implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor([program, parameters]: Command) {
    this.#child = spawn(program, parameters, { stdio: "ignore" });
    this.#child.on("error", () => undefined);
  }

  /** Resolves with all of them, or undefined if one is not installed or has ended by itself. */
  static async startAll(commands: readonly Command[]): Promise<AsyncDisposable | undefined> {
    if (!commands.every(([program]) => isInstalled(program))) return undefined;
    await using starting = new AsyncDisposableStack();
    const tools = commands.map((command) => starting.use(new TracingTool(command)));
    await sleep(SETTLE_MS);
    return tools.every((tool) => tool.#isRunning) ? starting.move() : undefined;
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isRunning) return;
    // It may miss one that comes right before it begins to wait for events.
    const asking = setInterval(() => this.#child.kill("SIGINT"), 200);
    this.#child.kill("SIGINT");
    await once(this.#child, "exit");
    clearInterval(asking);
  }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
