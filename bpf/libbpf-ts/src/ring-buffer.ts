import type { BpfMap } from "./map.ts";
import { mapShared, type MappedMemory } from "./memory.ts";
import { pageBytes } from "./page.ts";

/**
 * Flags in the first u32 of a record's header (BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT); the
 * rest is the length.
 */
const BUSY = 1 << 31;
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;
const HEADER_BYTES = 8;
/**
 * Room is returned to the kernel this often within one round of the ring, so that a long drain does
 * not keep it full.
 */
const RELEASES_A_ROUND = 8;

/**
 * Reads a ring buffer map in place. The map's pages (kernel/bpf/ringbuf.c):
 *
 *     consumer position | producer position | data | the same data again
 *     read and write    | read only ...
 *
 * The second view of the data is not mapped: its pages would count twice in the process's resident
 * size. A record that wraps is copied instead. A record has a header of 8 bytes, then its bytes,
 * rounded up to 8. The first u32 of the header holds the length and two flags. Positions only grow.
 * The kernel writes them with release and reads with acquire. V8 makes Atomics on any typed array
 * sequentially consistent, which is as strong.
 */
export class RingBuffer implements Disposable {
  readonly map: BpfMap;
  readonly #consumerMemory: MappedMemory;
  readonly #producerMemory: MappedMemory;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #words: Int32Array;
  readonly #dataOffset: number;
  /** of the next record to read; exact in a double up to 9 petabytes */
  #position: number;
  /** the `#position` that was last written for the kernel */
  #released: number;

  /**
   * @param map of type `ring_buffer`; the caller closes it. A map can have only one reader. Throws
   * BpfError.
   */
  constructor(map: BpfMap) {
    const page = pageBytes();
    const subject = `ring buffer "${map.name}"`;
    using mapped = new DisposableStack();
    const memory = (offset: number, bytes: number, access: "read" | "read and write"): MappedMemory =>
      mapped.use(mapShared({ fd: map.fd, offset, bytes, access }, subject));
    this.map = map;
    this.#consumerMemory = memory(0, page, "read and write");
    this.#producerMemory = memory(page, page + map.maxEntries, "read");
    this.#consumer = new BigUint64Array(this.#consumerMemory.buffer, 0, 1);
    this.#producer = new BigUint64Array(this.#producerMemory.buffer, 0, 1);
    this.#words = new Int32Array(this.#producerMemory.buffer, page);
    this.#dataOffset = page;
    this.#position = Number(Atomics.load(this.#consumer, 0));
    this.#released = this.#position;
    mapped.move();
  }

  /** Bytes that are written or reserved and not yet read, including headers. */
  get availableBytes(): number {
    this.#requireOpen();
    return this.#loadProduced() - this.#position;
  }

  /**
   * Calls `onRecord` for each record that exists at the start, at most `max`, and returns how many.
   * Records that come meanwhile are left for the next call, so that it ends even if records come
   * faster than they are read. The bytes are the ring's own memory: they are valid until the
   * callback returns, and writing to them ends the process. If the callback throws, its record
   * counts as read and the error is passed on.
   */
  drain(onRecord: (bytes: Uint8Array) => void, max: number = Infinity): number {
    this.#requireOpen();
    const releaseEvery = this.map.maxEntries / RELEASES_A_ROUND;
    const end = this.#loadProduced();
    let count = 0;
    try {
      for (; count < max; count++) {
        const record = this.#next(end);
        if (record === undefined) break;
        onRecord(record);
        if (this.#position - this.#released >= releaseEvery) this.#release();
      }
    } finally {
      this.#release();
    }
    return count;
  }

  /** Unmaps the memory. Views of it that were kept are then empty. */
  [Symbol.dispose](): void {
    this.#consumerMemory[Symbol.dispose]();
    this.#producerMemory[Symbol.dispose]();
  }

  /**
   * Returns undefined at `end`, and at a record that is reserved but not yet written: later ones
   * wait for it.
   */
  #next(end: number): Uint8Array | undefined {
    while (this.#position < end) {
      const at = this.#position & (this.map.maxEntries - 1);
      const header = Atomics.load(this.#words, at / Int32Array.BYTES_PER_ELEMENT);
      if ((header & BUSY) !== 0) return undefined;
      const length = header & LENGTH;
      this.#position += (HEADER_BYTES + length + 7) & ~7;
      if ((header & DISCARDED) !== 0) continue;
      return this.#bytes((at + HEADER_BYTES) & (this.map.maxEntries - 1), length);
    }
    return undefined;
  }

  /**
   * Returns the bytes from an offset in the data on. They are a copy if they continue at the start
   * of the data.
   */
  #bytes(at: number, length: number): Uint8Array {
    const { buffer } = this.#words;
    const rest = at + length - this.map.maxEntries;
    if (rest <= 0) return new Uint8Array(buffer, this.#dataOffset + at, length);
    const whole = new Uint8Array(length);
    whole.set(new Uint8Array(buffer, this.#dataOffset + at, length - rest));
    whole.set(new Uint8Array(buffer, this.#dataOffset, rest), length - rest);
    return whole;
  }

  #loadProduced(): number {
    return Number(Atomics.load(this.#producer, 0));
  }

  /** Returns the room of read records to the kernel. */
  #release(): void {
    if (this.#position === this.#released || this.#consumerMemory.buffer.detached) return;
    Atomics.store(this.#consumer, 0, BigInt(this.#position));
    this.#released = this.#position;
  }

  #requireOpen(): void {
    if (this.#consumerMemory.buffer.detached) throw new Error(`ring buffer "${this.map.name}" is closed`);
  }
}
