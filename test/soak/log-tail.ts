import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

const CHUNK_BYTES = 1 << 20;
/** A command that is split between two looks is whole in what is kept of the first. */
const KEPT_BYTES = 256;

/** Looks for commands in a log that grows and is rotated. */
export class LogTail {
  readonly #folder: string;
  readonly #name: string;
  readonly #pattern: RegExp;
  readonly #positions = new Map<number, { at: number; rest: string }>();
  readonly seen = new Set<string>();

  /** @param pattern global; what its first group matches is kept in `seen` */
  constructor(folder: string, name: string, pattern: RegExp) {
    this.#folder = folder;
    this.#name = name;
    this.#pattern = pattern;
  }

  /** Reads what has been added since the last look, also to files that have got another name. */
  look(): void {
    for (const file of readdirSync(this.#folder)) if (file.startsWith(this.#name)) this.#read(join(this.#folder, file));
  }

  #read(path: string): void {
    const fd = openSync(path, "r");
    try {
      const { ino, size } = fstatSync(fd);
      const position = this.#positions.get(ino) ?? { at: 0, rest: "" };
      this.#positions.set(ino, position);
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(0, size - position.at)));
      while (position.at < size) {
        const bytes = readSync(fd, chunk, 0, chunk.length, position.at);
        if (bytes === 0) return;
        position.at += bytes;
        const text = position.rest + chunk.toString("latin1", 0, bytes);
        for (const [, found = ""] of text.matchAll(this.#pattern)) this.seen.add(found);
        position.rest = text.slice(-KEPT_BYTES);
      }
    } finally {
      closeSync(fd);
    }
  }
}
