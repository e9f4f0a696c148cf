import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CProgram, Dialogue } from "../../kernel/support/c-program.ts";

const source = join(import.meta.dirname, "../c/ordinary-work.c");

/** A kind of ordinary work. */
interface Work {
  /** its name in ordinary-work.c */
  readonly name: string;
  readonly title: string;
}

export const works: readonly Work[] = [
  { name: "pread-page", title: "pread of 4 KiB, cached" },
  { name: "pread-byte", title: "pread of 1 byte, cached" },
  { name: "append-page", title: "write of 4 KiB to the end of a file" },
  { name: "pwrite-byte", title: "pwrite of 1 byte" },
  { name: "pipe-byte", title: "write and read of 1 byte, pipe" },
  { name: "getppid", title: "getppid" },
  { name: "open-close", title: "open and close" },
  { name: "fork-exec", title: "fork, exec and wait" },
  { name: "tcp-echo", title: "TCP echo of 1 byte, loopback" },
  { name: "bash-line", title: "a line typed into bash" },
  { name: "build", title: "a build (gcc -O2), processor time" },
];

/** The program that does the work. It is not a child of the daemon, whose rules leave those out. */
export class OrdinaryWork implements AsyncDisposable {
  readonly #program: CProgram;
  readonly #dialogue: Dialogue;

  constructor() {
    this.#program = new CProgram(readFileSync(source, "utf8"), ["-O2", "-lutil"], "ordinary-work");
    this.#dialogue = new Dialogue(this.#program.path, [source]);
  }

  /** Does each kind of work; returns the least nanoseconds a time, by name. */
  async once(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const times = new Map<string, number>();
    for (const name of names) times.set(name, Number(await this.#dialogue.ask(name)));
    return times;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dialogue[Symbol.asyncDispose]();
    this.#program[Symbol.dispose]();
  }
}
