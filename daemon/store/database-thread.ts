import { Worker } from "node:worker_threads";
import { errorText } from "../../bpf/source/error-text.ts";
import type { Answer, Request, ThreadOptions } from "./thread-messages.ts";

/** It reads and writes what is bounded by bytes. */
const HEAP_MB = 256;

/** The thread that owns the database, seen from outside. One that ends by itself is started again by the next request. */
export class DatabaseThread {
  readonly #options: ThreadOptions;
  readonly #heed: (answer: Answer) => void;
  readonly #contents = new Map<number, PromiseWithResolvers<string | undefined>>();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #number = 0;
  #isClosing = false;

  constructor(options: ThreadOptions, heed: (answer: Answer) => void) {
    this.#options = options;
    this.#heed = heed;
  }

  ask(request: Request): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, []);
  }

  /** The content of a letter; undefined where there is none. Rejects where it cannot be read. */
  async content(id: string): Promise<string | undefined> {
    const number = this.#number++;
    const asked = Promise.withResolvers<string | undefined>();
    this.#contents.set(number, asked);
    this.ask({ ask: "content", id, number });
    return asked.promise;
  }

  /** Resolves once the database is closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker?.postMessage({ ask: "close" } satisfies Request, []);
    await this.#exited;
  }

  /** Ends the thread, as soon as the disk lets it. */
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
    let reason = "the thread that keeps the state has ended";
    worker.on("message", (answer: Answer) => this.#take(answer));
    worker.on("error", (error) => (reason = `${reason}: ${errorText(error)}`));
    worker.on("exit", () => {
      resolve();
      this.#lost(reason);
    });
    return worker;
  }

  #take(answer: Answer): void {
    if (answer.tell !== "content") return this.#heed(answer);
    const asked = this.#contents.get(answer.number);
    this.#contents.delete(answer.number);
    if (answer.reason === undefined) asked?.resolve(answer.content);
    else asked?.reject(new Error(answer.reason));
  }

  #lost(reason: string): void {
    this.#worker = undefined;
    for (const asked of this.#contents.values()) asked.reject(new Error(reason));
    this.#contents.clear();
    if (!this.#isClosing) this.#heed({ tell: "failed", of: "write", reason });
  }
}
