import { missedHits, type BpfLink } from "libbpf-ts";
import type { Attachment } from "./attachment.ts";

/** One or several kprobes that count their missed hits. */
export class KprobeLink implements Attachment {
  readonly #link: BpfLink;

  constructor(link: BpfLink) {
    this.#link = link;
  }

  missed(): bigint | undefined {
    return missedHits(this.#link);
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}
