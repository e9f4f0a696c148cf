import { close } from "./libc.ts";
import { TaskLimit } from "./task-limit.ts";

/**
 * Fewer than there are threads: a caller that closes hundreds of links must not keep other calls
 * waiting until the last one is closed.
 */
const closing = new TaskLimit(2);

/**
 * A file descriptor that is closed once. Using it after that throws. So a number that the process
 * has given to another file since is never used.
 */
export class Descriptor implements Disposable, AsyncDisposable {
  #fd: number;
  readonly #subject: string;

  /** @param subject its object for errors, such as `map "counts"` */
  constructor(fd: number, subject: string) {
    this.#fd = fd;
    this.#subject = subject;
  }

  get fd(): number {
    if (this.#fd < 0) throw new Error(`${this.#subject} is closed`);
    return this.#fd;
  }

  get subject(): string {
    return this.#subject;
  }

  [Symbol.dispose](): void {
    const fd = this.#take();
    if (fd !== undefined) close(fd);
  }

  /**
   * Closes on another thread: the last descriptor of a link or perf event waits for RCU, tens of
   * milliseconds.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const fd = this.#take();
    if (fd !== undefined) await closing.run(() => close.onThread(fd));
  }

  /**
   * Takes the number before the close begins, so that a second close or a use meanwhile finds it
   * closed.
   */
  #take(): number | undefined {
    if (this.#fd < 0) return undefined;
    const fd = this.#fd;
    this.#fd = -1;
    return fd;
  }
}
