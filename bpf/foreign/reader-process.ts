import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { processTime } from "./process-time.ts";
import { LONGEST_REPLY, type Answer, type Question, type Reply } from "./protocol.ts";

/**
 * A small heap, since the reader bounds what it remembers. No V8 threads that would keep
 * privileges, and no debugger that SIGUSR1 opens.
 */
const FLAGS = [
  "--max-old-space-size=96",
  "--max-semi-space-size=1",
  "--v8-pool-size=0",
  "--disable-sigusr1",
  "--no-warnings",
];
const PROGRAM = fileURLToPath(new URL("reader-main.ts", import.meta.url));

/** The most resident memory that it may have. Node.js takes about 50 MiB of it. */
const MOST_BYTES = 192 << 20;
const WATCH_MS = 100;
/** The longest wait for its end after SIGKILL. */
const DYING_MS = 2000;

/**
 * A process that got no processor in its time gets this many extensions. Programs that use all
 * processors must not end it.
 */
const MOST_EXTENSIONS = 10;

/** The reason why the reader's process ended or was killed. */
export type End = "took too long" | "took too much memory" | "ended";

/** A question was not answered, and the process has ended. */
export class ReaderEnded extends Error {
  override readonly name = "ReaderEnded";
  readonly end: End;

  constructor(end: End) {
    super(`reading it ${end === "ended" ? "ended the reader process" : end}`);
    this.end = end;
  }
}

interface Asked {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: ReaderEnded) => void;
  readonly timers: NodeJS.Timeout[];
}

/**
 * The process that reads (reader-main.ts). It is asked one question at a time, and killed when it
 * does not answer in time.
 */
export class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #died = Promise.withResolvers<void>();
  #isDead = false;
  #end: End | undefined;
  #asked: Asked | undefined;
  #received: Buffer[] = [];
  #receivedBytes = 0;

  constructor() {
    const { NODE_COMPILE_CACHE } = process.env;
    this.#child = spawn(process.execPath, [...FLAGS, PROGRAM], {
      cwd: "/",
      env: { ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) },
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#child.once("exit", () => this.#exited());
    this.#child.once("error", () => this.#exited());
    this.#child.stdin?.on("error", () => this.#kill("ended"));
    this.#child.stdout?.on("data", (piece: Buffer) => this.#receive(piece));
    this.#setReferred(false);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /**
   * True if what it holds can be used. No other process gets its id until its end has been seen.
   */
  get isAlive(): boolean {
    return !this.#isDead && this.#end === undefined;
  }

  /**
   * Rejects with ReaderEnded; after that the process must not be asked again. Rejects with an error
   * of the reader itself unchanged.
   */
  async ask<Put extends Question>(question: Put, withinMs: number): Promise<Answer<Put["kind"]>> {
    if (!this.isAlive) throw new ReaderEnded("ended");
    this.#setReferred(true);
    try {
      const reply = await this.#reply(`${JSON.stringify(question)}\n`, withinMs);
      if ("error" in reply) throw new Error(`reading foreign files: ${reply.error}`);
      return reply.answer as Answer<Put["kind"]>;
    } finally {
      this.#setReferred(false);
    }
  }

  #reply(line: string, withinMs: number): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const asked: Asked = { resolve, reject, timers: [setInterval(() => this.#watch(), WATCH_MS)] };
    this.#asked = asked;
    this.#await(asked, withinMs, processTime(this.pid)?.usedMs ?? 0, MOST_EXTENSIONS);
    this.#child.stdin?.write(line);
    return promise;
  }

  /**
   * Ends the wait at once when the process itself waits for something, for example for a file
   * system's server.
   */
  #await(asked: Asked, withinMs: number, usedBeforeMs: number, extensions: number): void {
    const over = (): void => {
      const now = processTime(this.pid);
      const isStarved = now?.isRunnable === true && now.usedMs - usedBeforeMs < withinMs;
      if (isStarved && extensions > 0) this.#await(asked, withinMs, usedBeforeMs, extensions - 1);
      else this.#kill("took too long");
    };
    asked.timers.push(setTimeout(over, withinMs));
  }

  #watch(): void {
    if (residentBytes(this.pid) > MOST_BYTES) this.#kill("took too much memory");
  }

  #receive(piece: Buffer): void {
    this.#received.push(piece);
    this.#receivedBytes += piece.length;
    if (this.#receivedBytes > LONGEST_REPLY) return this.#kill("took too much memory");
    if (piece.at(-1) !== 0x0a) return;
    const text = Buffer.concat(this.#received).toString("utf8");
    this.#received = [];
    this.#receivedBytes = 0;
    const reply = parseReply(text);
    if (reply === undefined) this.#kill("ended");
    else this.#take()?.resolve(reply);
  }

  #take(): Asked | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    for (const timer of asked?.timers ?? []) clearTimeout(timer);
    return asked;
  }

  #kill(end: End): void {
    this.#end ??= end;
    this.#child.kill("SIGKILL");
    this.#take()?.reject(new ReaderEnded(this.#end));
  }

  #exited(): void {
    this.#isDead = true;
    this.#died.resolve();
    this.#take()?.reject(new ReaderEnded(this.#end ?? "ended"));
  }

  /** Sets whether the process keeps this one from ending. */
  #setReferred(referred: boolean): void {
    const { stdin, stdout } = this.#child;
    for (const each of [this.#child, stdin, stdout] as readonly (Referable | null)[]) {
      if (referred) each?.ref?.();
      else each?.unref?.();
    }
  }

  /**
   * Ends the process and resolves with true if it has ended. A process that waits for a file
   * system's server cannot be killed.
   */
  async end(): Promise<boolean> {
    this.#kill("ended");
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, DYING_MS);
    await Promise.race([this.#died.promise, late.promise]);
    clearTimeout(timer);
    return this.#isDead;
  }

  /** Resolves when the process has ended. */
  get gone(): Promise<void> {
    return this.#died.promise;
  }
}

function parseReply(text: string): Reply | undefined {
  try {
    return JSON.parse(text) as Reply;
  } catch {
    return undefined;
  }
}

/** The methods that pipes have and their types lack. */
interface Referable {
  ref?: () => void;
  unref?: () => void;
}

const PAGE_BYTES = 4096;

/** Reads /proc/PID/statm, whose second number is pages. Returns 0 after the process has ended. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
