import type { KeyObject } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { type FileLock, lockFile } from "../service/file-lock.ts";
import { signCheckpoint } from "./checkpoint.ts";
import type { GrowingTree } from "./growing-tree.ts";
import { leafHash } from "./merkle-hash.ts";
import { keyText, verifierKey, type VerifierKey } from "./note.ts";
import { firstLine } from "./first-line.ts";
import { logFilesOf } from "./log-files.ts";
import { linesOf } from "./log-lines.ts";
import {
  addKey,
  addMoment,
  addSegment,
  logPathOf,
  makeSealFolder,
  readKeys,
  type SealedMoment,
  type Segment,
} from "./seal-folder.ts";
import { nothing, setAside, type Standing, standingOf } from "./standing.ts";
import { PendingHashes, writeHashes } from "./tree-files.ts";

export interface SealerOptions {
  /** the folder of the seal */
  readonly folder: string;
  /** the log's name in checkpoints, without white space and without `+` */
  readonly origin: string;
  readonly privateKey: KeyObject;
  /** returns the time as RFC 3339 */
  readonly time: () => string;
}

/** A finding about a log when it is opened. */
export type Finding =
  /** the folder of the seal was removed while it was written */
  | { readonly kind: "removed"; readonly size: number }
  /** the seal goes on after its last checkpoint, or begins */
  | { readonly kind: "goes on" | "begins"; readonly size: number }
  /**
   * lines that no checkpoint covered: the daemon ended before the next one, or they are older than
   * the seal
   */
  | { readonly kind: "unsealed lines"; readonly count: number }
  /** the file is shorter than at its last checkpoint */
  | { readonly kind: "cut"; readonly bytes: number }
  /** the folder of the seal was changed, and was renamed to `path` */
  | { readonly kind: "broken seal"; readonly path: string; readonly why: string }
  /** checkpoints are signed with another key than before */
  | { readonly kind: "other key"; readonly key: string };

const NO_BYTES = Buffer.alloc(0);
const LINE_BREAK = 0x0a;
const PIECE_BYTES = 1 << 20;

/**
 * Seals a log while it is written: each line becomes a leaf of a Merkle tree (RFC 6962), and
 * checkpoints of the tree are signed. One call at a time.
 */
export class Sealer implements AsyncDisposable {
  readonly #options: SealerOptions;
  readonly #key: VerifierKey;
  readonly #lock: FileLock;
  readonly #tree: GrowingTree;
  readonly #pending = new PendingHashes();
  /** the number of lines under the last checkpoint */
  #sealed: number;
  #checkpoint: string | undefined;
  /** the begin of a line that has no end yet */
  #part: Buffer = NO_BYTES;
  /** the number of the first line of the file that is written */
  #segment: number;
  /** the place in that file where the last whole line of the tree ends */
  #bytes: number;
  /** the hash of the first line of that file; undefined if it has no line yet */
  #first: Buffer | undefined;
  /** true if the file of `#segment` was begun */
  #hasBegun: boolean;
  /** files that were begun and are not noted in the folder yet */
  #begun: readonly Segment[] = [];
  /** false until the first file is attached */
  #isAttached = false;

  private constructor(options: SealerOptions, lock: FileLock, { tree, last, first }: Standing) {
    this.#options = options;
    this.#key = verifierKey(options.origin, options.privateKey);
    this.#lock = lock;
    this.#tree = tree;
    this.#sealed = tree.size;
    this.#checkpoint = last?.checkpoint;
    this.#segment = last?.segment ?? 0;
    this.#bytes = last?.bytes ?? 0;
    this.#first = first;
    this.#hasBegun = last !== undefined;
  }

  /**
   * Opens the seal of a log, or begins one. A seal that does not fit its own last checkpoint is set
   * aside. Rejects with LockedByAnother if another process seals this log, or with Node's error.
   */
  static async open(
    options: SealerOptions,
  ): Promise<{ readonly sealer: Sealer; readonly findings: readonly Finding[] }> {
    const { folder } = options;
    await makeSealFolder(folder);
    const lock = await lockFile(`${folder}/lock`, 0);
    try {
      const findings: Finding[] = [];
      const found = await standingOf(folder);
      if (typeof found === "string") findings.push({ kind: "broken seal", path: await setAside(folder), why: found });
      const sealer = new Sealer(options, lock, typeof found === "string" ? nothing() : found);
      findings.push({ kind: sealer.size > 0 ? "goes on" : "begins", size: sealer.size });
      return { sealer, findings: [...findings, ...(await sealer.#useKey())] };
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** the newest signed checkpoint; undefined before the first */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** the number of lines in the tree */
  get size(): number {
    return this.#tree.size;
  }

  /** Resolves to false if the folder of the seal was removed. */
  async isInPlace(): Promise<boolean> {
    return this.#lock.isInPlace();
  }

  /** true if lines wait for a checkpoint */
  get isDue(): boolean {
    return this.#tree.size > this.#sealed;
  }

  /**
   * Begins to seal a file, or goes on with it: takes in what stands there and is not in the tree.
   * Returns what is worth a line in the log.
   */
  async attach(handle: FileHandle): Promise<readonly Finding[]> {
    const { size } = await handle.stat();
    const before = this.size;
    if (!(await this.#isCurrent(handle))) {
      if (!this.#isAttached) await this.#takeInOlder();
      this.#begin();
    }
    this.#isAttached = true;
    this.#part = NO_BYTES;
    if (size < this.#bytes) {
      const bytes = this.#bytes - size;
      this.#bytes = size;
      return [{ kind: "cut", bytes }];
    }
    await this.#takeIn(handle, size);
    const count = this.size - before;
    return count > 0 ? [{ kind: "unsealed lines", count }] : [];
  }

  /**
   * Takes bytes that were written into the file at the place `position`. What another process wrote
   * before them is not in the tree.
   */
  take(bytes: Buffer, position: number): void {
    if (position !== this.#bytes + this.#part.length) [this.#bytes, this.#part] = [position, NO_BYTES];
    let from = 0;
    for (let at = bytes.indexOf(LINE_BREAK); at >= 0; at = bytes.indexOf(LINE_BREAK, from)) {
      const end = bytes.subarray(from, at);
      this.#add(this.#part.length === 0 ? end : Buffer.concat([this.#part, end]));
      this.#part = NO_BYTES;
      from = at + 1;
    }
    if (from > 0) this.#bytes = position + from;
    if (from < bytes.length) this.#part = Buffer.concat([this.#part, bytes.subarray(from)]);
  }

  /**
   * Signs a checkpoint of all lines so far, once they are on the disk. Does nothing without new
   * lines. After a rejection it can be tried again.
   */
  async commit(handle: FileHandle): Promise<void> {
    if (!this.isDue) return;
    const { folder, time, origin, privateKey } = this.#options;
    const { size } = this;
    const moment: SealedMoment = {
      time: time(),
      checkpoint: signCheckpoint({ origin, size, root: this.#tree.root() }, this.#key, privateKey),
      ...{ size, segment: this.#segment, bytes: this.#bytes },
    };
    const hashes = this.#pending.take();
    try {
      await handle.datasync();
      await this.#noteSegments();
      await writeHashes(folder, this.#sealed, hashes);
      await addMoment(folder, moment);
      this.#sealed = size;
      this.#checkpoint = moment.checkpoint;
    } catch (error) {
      this.#pending.putBack(hashes);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }

  #add(line: Buffer): void {
    const hash = leafHash(line);
    this.#first ??= hash;
    this.#tree.add(hash, (subtree) => this.#pending.add(subtree));
  }

  /** Notes the public key with which checkpoints are signed from now on. */
  async #useKey(): Promise<readonly Finding[]> {
    const { folder } = this.#options;
    const known = await readKeys(folder);
    const key = keyText(this.#key);
    if (known.at(-1) === key) return [];
    await addKey(folder, key);
    return known.length === 0 ? [] : [{ kind: "other key", key }];
  }

  /** Returns true if a file begins with the line with which the sealed file begins. */
  async #isCurrent(handle: FileHandle): Promise<boolean> {
    if (!this.#hasBegun || this.#first === undefined) return this.#hasBegun;
    const line = await firstLine(handle);
    return line !== undefined && leafHash(line).equals(this.#first);
  }

  /** Begins a file. It is noted with the next checkpoint: no record of it is sealed before. */
  #begin(): void {
    this.#begun = [...this.#begun, { time: this.#options.time(), first: this.size }];
    this.#segment = this.size;
    this.#bytes = 0;
    this.#first = undefined;
    this.#hasBegun = true;
  }

  /**
   * Takes in what was written before files were renamed while nobody sealed: the rest of the file
   * that was sealed last, and the files after it.
   */
  async #takeInOlder(): Promise<void> {
    const [first, path] = [this.#first, logPathOf(this.#options.folder)];
    if (first === undefined) return;
    const files = await logFilesOf(path);
    const last = files.findLastIndex((file) => file.first?.equals(first));
    const sealedLines = this.size - this.#segment;
    for (const [index, file] of last < 0 ? [] : files.slice(last).entries()) {
      if (file.path === path || file.first === undefined) continue;
      if (index > 0) this.#begin();
      await this.#takeInLines(file.path, index === 0 ? sealedLines : 0);
    }
  }

  async #takeInLines(path: string, from: number): Promise<void> {
    let number = 0;
    for await (const lines of linesOf(path))
      for (const { text, isWhole } of lines) if (number++ >= from && isWhole) this.#add(text);
  }

  async #noteSegments(): Promise<void> {
    for (let next = this.#begun[0]; next !== undefined; next = this.#begun[0]) {
      await addSegment(this.#options.folder, next);
      this.#begun = this.#begun.slice(1);
    }
  }

  async #takeIn(handle: FileHandle, size: number): Promise<void> {
    for (let position = this.#bytes; position < size;) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - position));
      const { bytesRead } = await handle.read(piece, 0, piece.length, position);
      if (bytesRead === 0) return;
      this.take(piece.subarray(0, bytesRead), position);
      position += bytesRead;
    }
  }
}
