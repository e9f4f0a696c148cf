import { readSync } from "node:fs";
import { LIMITS } from "../limits.ts";

/** A file goes beyond a limit; the message names the limit. */
export class BeyondLimit extends Error {
  override readonly name = "BeyondLimit";
}

/** The bytes of a file, in memory or on disk. */
export interface FileBytes {
  readonly bytes: number;
  /** returns how many bytes it read */
  readonly read: (into: Buffer, offset: number) => number;
}

export function openFileBytes(descriptor: number, bytes: number): FileBytes {
  return { bytes, read: (into, offset) => readSync(descriptor, into, 0, into.length, offset) };
}

/** Returns a file that is in memory, for example the vdso. */
export function memoryBytes(buffer: Buffer): FileBytes {
  return { bytes: buffer.length, read: (into, offset) => buffer.copy(into, 0, offset) };
}

/**
 * Counts the bytes that are read of a file, and refuses more than one question may cost. Throws
 * BeyondLimit.
 */
export class ReadBudget implements FileBytes {
  readonly #file: FileBytes;
  #left: number = LIMITS.elf.readBytes;

  constructor(file: FileBytes) {
    this.#file = file;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  read(into: Buffer, offset: number): number {
    this.#left -= into.length;
    if (this.#left < 0) throw new BeyondLimit(`reading it takes more than ${LIMITS.elf.readBytes} bytes`);
    return this.#file.read(into, offset);
  }

  /** Starts the budget of the next question. */
  renew(): void {
    this.#left = LIMITS.elf.readBytes;
  }
}

/**
 * Reads a range, or returns undefined if it is not wholly within the file, so that a damaged header
 * cannot cause a large allocation.
 */
export function readRange(file: FileBytes, offset: number, bytes: number): Buffer | undefined {
  if (!(offset >= 0 && offset + bytes <= file.bytes)) return undefined;
  const buffer = Buffer.alloc(bytes);
  return file.read(buffer, offset) === bytes ? buffer : undefined;
}

const BLOCK_BYTES = 64 * 1024;
/**
 * Blocks that are kept. Names are mostly in the order of their symbols, so a few neighboring blocks
 * are read again and again.
 */
const BLOCKS = 16;

/**
 * A part of a file that is read in blocks when they are needed: tables have hundreds of megabytes.
 */
export class FilePart {
  readonly bytes: number;
  readonly #file: FileBytes;
  readonly #offset: number;
  readonly #blocks = new Map<number, Buffer>();

  private constructor(file: FileBytes, offset: number, bytes: number) {
    this.#file = file;
    this.#offset = offset;
    this.bytes = bytes;
  }

  /** Returns a part of a file, or undefined if it is not wholly within the file. */
  static of(file: FileBytes, offset: number, bytes: number): FilePart | undefined {
    return offset >= 0 && offset + bytes <= file.bytes ? new FilePart(file, offset, bytes) : undefined;
  }

  /**
   * Returns at most `bytes` bytes from `at` on, up to the end of the part. They are valid until the
   * next call.
   */
  slice(at: number, bytes: number): Buffer {
    const length = Math.max(0, Math.min(bytes, this.bytes - at));
    const block = Math.floor(at / BLOCK_BYTES);
    const within = at - block * BLOCK_BYTES;
    if (within + length <= BLOCK_BYTES) return this.#block(block).subarray(within, within + length);
    const pieces: Buffer[] = [];
    for (let done = 0; done < length;) {
      const from = at + done;
      const piece = this.#block(Math.floor(from / BLOCK_BYTES))
        .subarray(from % BLOCK_BYTES)
        .subarray(0, length - done);
      if (piece.length === 0) break;
      pieces.push(piece);
      done += piece.length;
    }
    return Buffer.concat(pieces);
  }

  #block(index: number): Buffer {
    const found = this.#blocks.get(index);
    if (found !== undefined) return found;
    const start = index * BLOCK_BYTES;
    const block = Buffer.alloc(Math.max(0, Math.min(BLOCK_BYTES, this.bytes - start)));
    const read = block.length === 0 ? 0 : this.#file.read(block, this.#offset + start);
    if (this.#blocks.size >= BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value ?? index);
    const whole = block.subarray(0, read);
    this.#blocks.set(index, whole);
    return whole;
  }

  /** Forgets the blocks that were read. */
  forget(): void {
    this.#blocks.clear();
  }
}
