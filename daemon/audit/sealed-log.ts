import type { FileHandle } from "node:fs/promises";
import type { Sealer, Finding } from "../seal/sealer.ts";
import { EventLog, type EventLogOptions } from "./event-log.ts";
import type { LineSink } from "./line-sink.ts";

export interface SealedLogOptions extends Omit<EventLogOptions, "observer"> {
  /** opens the seal; it is tried again while that fails */
  readonly openSealer: () => Promise<{ readonly sealer: Sealer; readonly findings: readonly Finding[] }>;
  /** returns a line for something that was found, without its line break */
  readonly findingLine: (finding: Finding) => string;
  /** called if the log cannot be sealed, for each error, and with undefined when it can again */
  readonly onSealTrouble: (error: unknown) => void;
  readonly nowMs: () => number;
}

/** The time between two checkpoints while records come. */
const CHECKPOINT_MS = 1000;

/**
 * A log whose lines are sealed. What cannot be sealed is written nevertheless, and is sealed later:
 * a record counts for more than its proof.
 */
export class SealedLog implements LineSink {
  readonly #options: SealedLogOptions;
  readonly #log: EventLog;
  #sealer: Sealer | undefined;
  #handle: FileHandle | undefined;
  #findings: Finding[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #checkpointText: string | undefined;
  #isTroubled = false;
  #hasOpened = false;

  constructor(options: SealedLogOptions) {
    this.#options = options;
    this.#log = new EventLog({
      ...options,
      observer: {
        opened: async (handle) => this.#opened(handle),
        wrote: (handle, bytes, position) => this.#wrote(handle, bytes, position),
        leaving: async (handle) => this.#leaving(handle),
      },
    });
  }

  /** the newest signed checkpoint; undefined before the first line */
  get checkpoint(): string | undefined {
    return this.#sealer?.checkpoint ?? this.#checkpointText;
  }

  async write(lines: Buffer): Promise<void> {
    await this.#inTurn(async () => {
      await this.#openSealer();
      await this.#writeWithFindings(lines);
      await this.#checkpoint();
    });
  }

  /** Signs a last checkpoint, and closes log and seal. */
  async release(): Promise<void> {
    await this.#inTurn(async () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await this.#log.release();
      const sealer = this.#sealer;
      this.#checkpointText = sealer?.checkpoint;
      this.#sealer = undefined;
      await sealer?.[Symbol.asyncDispose]();
    });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #openSealer(): Promise<void> {
    await this.#dropRemoved();
    if (this.#sealer !== undefined) return;
    await this.#guarded(async () => {
      const { sealer, findings } = await this.#options.openSealer();
      this.#sealer = sealer;
      // A reload closes the log and opens it again, which is no news.
      this.#findings.push(...findings.filter(({ kind }) => !(this.#hasOpened && kind === "goes on")));
      this.#hasOpened = true;
      if (this.#handle !== undefined) this.#findings.push(...(await sealer.attach(this.#handle)));
    });
  }

  /** Gives up a seal whose folder somebody removed: the next one says so, and begins anew. */
  async #dropRemoved(): Promise<void> {
    const sealer = this.#sealer;
    if (sealer === undefined || (await sealer.isInPlace().catch(() => true))) return;
    this.#sealer = undefined;
    this.#findings.push({ kind: "removed", size: sealer.size });
    await sealer[Symbol.asyncDispose]();
  }

  async #opened(handle: FileHandle): Promise<Buffer> {
    this.#handle = handle;
    const sealer = this.#sealer;
    if (sealer !== undefined)
      await this.#guarded(async () => void this.#findings.push(...(await sealer.attach(handle))));
    return this.#findingLines();
  }

  /** Writes what was found late before the lines: by then the file was open. */
  async #writeWithFindings(lines: Buffer): Promise<void> {
    const found = this.#findings;
    const before = this.#findingLines();
    try {
      await this.#log.write(before.length === 0 ? lines : Buffer.concat([before, lines]));
    } catch (error) {
      this.#findings = [...found, ...this.#findings];
      throw error;
    }
  }

  /** Takes the findings, as lines of the log. */
  #findingLines(): Buffer {
    const lines = this.#findings.map((finding) => `${this.#options.findingLine(finding)}\n`);
    this.#findings = [];
    return Buffer.from(lines.join(""));
  }

  #wrote(handle: FileHandle, bytes: Buffer, position: number): void {
    // A file that could not be rotated is written further.
    this.#handle = handle;
    this.#sealer?.take(bytes, position);
  }

  async #leaving(handle: FileHandle): Promise<void> {
    const sealer = this.#sealer;
    if (sealer !== undefined) await this.#guarded(async () => sealer.commit(handle));
    this.#handle = undefined;
  }

  /** Signs a checkpoint now, or when a second has passed since the last one. */
  async #checkpoint(): Promise<void> {
    const { nowMs } = this.#options;
    if (this.#sealer?.isDue !== true) return;
    const waitMs = this.#dueMs - nowMs();
    if (waitMs > 0) return this.#commitIn(waitMs);
    this.#dueMs = nowMs() + CHECKPOINT_MS;
    await this.#commit();
  }

  #commitIn(waitMs: number): void {
    this.#timer ??= setTimeout(() => void this.#inTurn(async () => this.#onTimer()), waitMs).unref();
  }

  async #onTimer(): Promise<void> {
    this.#timer = undefined;
    this.#dueMs = 0;
    await this.#checkpoint();
  }

  async #commit(): Promise<void> {
    const [sealer, handle] = [this.#sealer, this.#handle];
    if (sealer === undefined || handle === undefined) return;
    await this.#guarded(async () => sealer.commit(handle));
    // Not at once: records must not wait for a disk that fails slowly.
    if (sealer.isDue) this.#commitIn(CHECKPOINT_MS);
  }

  /** Does a part of sealing. Its error must not keep records from being written. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#isTroubled) this.#options.onSealTrouble(undefined);
      this.#isTroubled = false;
    } catch (error) {
      this.#isTroubled = true;
      this.#options.onSealTrouble(error);
    }
  }
}
