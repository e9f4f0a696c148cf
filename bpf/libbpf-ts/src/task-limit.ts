/** Runs a limited number of asynchronous tasks at a time, in the order in which they came. */
export class TaskLimit {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#most) await new Promise<void>((resume) => this.#waiting.push(resume));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The place goes directly to the next task, so `#running` changes only if none waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
