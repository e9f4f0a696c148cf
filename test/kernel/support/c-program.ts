import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program or library made of C, in a folder of its own until it is disposed. */
export class CProgram implements Disposable {
  readonly folder: string;
  readonly path: string;

  /** @param options of gcc, such as `-O2` */
  constructor(source: string, options: readonly string[] = [], name = "program") {
    this.folder = mkdtempSync(join(tmpdir(), "bpfwarden-c-"));
    this.path = this.compile(source, options, name);
  }

  /** Another one in the same folder; gives its path. */
  compile(source: string, options: readonly string[], name: string): string {
    const file = join(this.folder, `${name}.c`);
    writeFileSync(file, source);
    const path = join(this.folder, name);
    execFileSync("gcc", ["-o", path, file, ...options]);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** A child that works on each input line and answers it with a line. */
export class Dialogue implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #rest = "";

  constructor(command: string, parameters: readonly string[] = []) {
    this.#child = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const parts = `${this.#rest}${text}`.split("\n");
      this.#rest = parts.pop() ?? "";
      this.#lines.push(...parts);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Resolves with the next line that it says. */
  async hear(): Promise<string> {
    while (this.#lines.length === 0) {
      const { stdout } = this.#child;
      if (stdout === null || stdout.readableEnded) throw new Error("the program has ended");
      // The other one must not go on listening.
      const heard = new AbortController();
      const { signal } = heard;
      await Promise.race([once(stdout, "data", { signal }), once(stdout, "end", { signal })]);
      heard.abort();
    }
    return this.#lines.shift() ?? "";
  }

  async ask(line = ""): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    return this.hear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}
