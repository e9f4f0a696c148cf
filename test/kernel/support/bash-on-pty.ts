import { spawn, type ChildProcess } from "node:child_process";
import { waitUntil } from "./wait-until.ts";

const PROMPT = "ready> ";

/**
 * A real interactive bash on a pseudo-terminal, made by `script` of util-linux. `ioctl` sizes and
 * job control are the terminal's own; what is written here is typed.
 */
export class BashOnPty implements AsyncDisposable {
  readonly #script: ChildProcess;
  #screen = "";

  private constructor(script: ChildProcess) {
    this.#script = script;
    script.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#screen += text));
  }

  /** Resolves when the shell stands at its first prompt. */
  static async start(shell = "/bin/bash", cwd = "/"): Promise<BashOnPty> {
    // The prompt is set in here: a shell that is not interactive, as the one of `--command`, takes
    // PS1 out of its environment.
    const command = `PS1="${PROMPT}" exec ${shell} --norc --noprofile -i`;
    const script = spawn("script", ["--quiet", "--flush", "--command", command, "/dev/null"], {
      cwd,
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TERM: "xterm", HISTFILE: "/dev/null", SHELL: "/bin/bash", LC_ALL: "C.UTF-8" },
    });
    const bash = new BashOnPty(script);
    await bash.untilPrompts(1);
    return bash;
  }

  get screen(): string {
    return this.#screen;
  }

  prompts(): number {
    return this.#screen.split(PROMPT).length - 1;
  }

  async untilPrompts(count: number): Promise<void> {
    await waitUntil(`prompt ${count} of bash`, () => this.prompts() >= count, 30_000);
  }

  type(keys: string): void {
    this.#script.stdin?.write(keys);
  }

  /** Types a line, presses Enter and waits for the next prompt. */
  async run(line: string): Promise<void> {
    const before = this.prompts();
    this.type(`${line}\r`);
    await this.untilPrompts(before + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.type("\x04");
    this.#script.stdin?.end();
    await waitUntil("script to end", () => this.#script.exitCode !== null || this.#script.signalCode !== null);
  }
}
