import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../support/wait-until.ts";

/**
 * Calls getppid(2) as `main` > `outer` > `left` or `right` > `innermost`, as often as a line of its
 * input says.
 */
const PROGRAM = `
#include <stdio.h>
#include <unistd.h>
#define KEEP __attribute__((noinline, noclone))
KEEP long innermost(void) { return getppid() + 1; }
KEEP long left(void) { return innermost() + 2; }
KEEP long right(void) { return innermost() + 3; }
KEEP long outer(char way) { return (way == 'l' ? left() : right()) + 4; }
int main(void) {
  char way;
  int times;
  while (scanf(" %c %d", &way, &times) == 2) {
    while (times-- > 0) outer(way);
    puts("done");
    fflush(stdout);
  }
  return 0;
}
`;

export type Way = "left" | "right";

/** A program with known functions and frame pointers, as a process that makes calls on request. */
export class NestedCalls implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;
  readonly #process: ChildProcess;
  #output = "";

  /** @param options of gcc, such as `-no-pie` */
  constructor(...options: readonly string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), "bpfwarden-calls-"));
    this.path = join(this.#folder, "nested");
    const source = join(this.#folder, "nested.c");
    writeFileSync(source, PROGRAM);
    execFileSync("gcc", [
      "-O1",
      "-fno-omit-frame-pointer",
      "-fno-optimize-sibling-calls",
      ...options,
      "-o",
      this.path,
      source,
    ]);
    this.#process = spawn(this.path, { stdio: ["pipe", "pipe", "inherit"] });
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async call(way: Way, times: number): Promise<void> {
    const before = this.#output.length;
    this.#process.stdin?.write(`${way[0] ?? ""} ${String(times)}\n`);
    await waitUntil("the calls", () => this.#output.length > before);
  }

  /** Its file goes, it runs on. */
  deleteFile(): void {
    rmSync(this.path);
  }

  async end(): Promise<void> {
    this.#process.stdin?.end();
    await waitUntil("the process to end", () => this.#process.exitCode !== null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) await this.end();
    rmSync(this.#folder, { recursive: true });
  }
}
