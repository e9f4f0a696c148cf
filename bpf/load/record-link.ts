import { countsMissedRuns, type BpfLink } from "libbpf-ts";
import type { Attachment } from "./attachment.ts";

/**
 * A program at a tracepoint's record. Records that the kernel leaves out are among the program's
 * skipped runs, if these are counted.
 */
export class RecordLink implements Attachment {
  readonly #link: BpfLink;

  constructor(link: BpfLink) {
    this.#link = link;
  }

  missed(): bigint | undefined {
    return countsMissedRuns(this.#link) ? 0n : undefined;
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}
