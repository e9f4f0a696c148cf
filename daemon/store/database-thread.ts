import { Worker } from "node:worker_threads";
import { errorText } from "../../bpf/source/error-text.ts";
import type { HistoryQuestion } from "./history-answers.ts";
import type { Answer, Request, ThreadOptions } from "./thread-messages.ts";

/** The thread reads and writes a limited number of bytes. */
const HEAP_MB = 256;

/**
 * The main thread's side of the thread that owns the database. If the thread ends by itself, the
 * next request starts it again.
 */
export class DatabaseThread {
  readonly #options: ThreadOptions;
  readonly #handle: (answer: Answer) => void;
  readonly #contents = new Map<number, PromiseWithResolvers<string | undefined>>();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #number = 0;
  #isClosing = false;

  constructor(options: ThreadOptions, heed: (answer: Answer) => void) {
    this.#options = options;
    this.#handle = heed;
  }

  ask(request: Request): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, []);
  }

  /** Returns the history's answer as JSON. Rejects if it cannot be read. */
  async history(question: HistoryQuestion, unixMs: number): Promise<string> {
    const found = await this.#find((number) => ({ kind: "history", question, number, unixMs }));
    if (found === undefined) throw new Error("the history gave no answer");
    return found;
  }

  /**
   * Returns the content of a letter, or undefined if there is none. Rejects if it cannot be read.
   */
  async content(id: string): Promise<string | undefined> {
    return this.#find((number) => ({ kind: "content", id, number }));
  }

  async #find(request: (number: number) => Request): Promise<string | undefined> {
    const number = this.#number++;
    const asked = Promise.withResolvers<string | undefined>();
    this.#contents.set(number, asked);
    this.ask(request(number));
    return asked.promise;
  }

  /** Resolves when the database is closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker?.postMessage({ kind: "close" } satisfies Request, []);
    await this.#exited;
  }

  /** Ends the thread as soon as the disk allows it. */
  end(): void {
    this.#isClosing = true;
    void this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./store-thread.ts", import.meta.url), {
      workerData: this.#options,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 4 },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    let reason = "the state database's thread has ended";
    worker.on("message", (answer: Answer) => this.#take(answer));
    worker.on("error", (error) => (reason = `${reason}: ${errorText(error)}`));
    worker.on("exit", () => {
      resolve();
      this.#lost(reason);
    });
    return worker;
  }

  #take(answer: Answer): void {
    if (answer.kind !== "content") return this.#handle(answer);
    const asked = this.#contents.get(answer.number);
    this.#contents.delete(answer.number);
    if (answer.reason === undefined) asked?.resolve(answer.content);
    else asked?.reject(new Error(answer.reason));
  }

  #lost(reason: string): void {
    this.#worker = undefined;
    for (const asked of this.#contents.values()) asked.reject(new Error(reason));
    this.#contents.clear();
    if (!this.#isClosing) this.#handle({ kind: "failed", of: "write", reason });
  }
}
