import { createMap, mapMemory, MAP_FLAGS, type BpfMap } from "libbpf-ts";
import { NEXT_OFFSET, ROUTE_BYTES, ROUTES_MAP } from "../../compile/fuse/routes.ts";

const WORDS = ROUTE_BYTES / 4;
const NEXT_WORD = NEXT_OFFSET / 4;
const HIGH_WORD = 1;
/** the highest bit of the parts: they are measured */
const MEASURED = 1 << 31;

/**
 * The routes of one program (compile/fuse/routes.ts), as memory that the kernel reads too. Each
 * change is one store of 32 bits, which an event sees as a whole or not at all.
 */
export class RouteTable implements Disposable {
  readonly map: BpfMap;
  readonly #memory: Disposable;
  readonly #words: Uint32Array;

  /** Throws BpfError. */
  constructor(count: number) {
    using made = new DisposableStack();
    const [type, flags, valueBytes] = ["array", MAP_FLAGS.MMAPABLE, ROUTE_BYTES * count] as const;
    this.map = made.use(createMap({ name: ROUTES_MAP, type, flags, valueBytes, keyBytes: 4, maxEntries: 1 }));
    const memory = made.use(mapMemory(this.map));
    this.#memory = memory;
    this.#words = new Uint32Array(memory.buffer, 0, WORDS * count);
    made.move();
  }

  get count(): number {
    return this.#words.length / WORDS;
  }

  /** Returns the index of the next program. */
  next(route: number): number {
    return this.#words[route * WORDS + NEXT_WORD] ?? 0;
  }

  setNext(route: number, index: number): void {
    // after all earlier stores, also on processors that reorder them
    Atomics.store(this.#words, route * WORDS + NEXT_WORD, index);
  }

  /** Lets a part run on a route. */
  allow(route: number, part: number): void {
    this.#changePart(route, part, (word, bit) => word | bit);
  }

  /** Lets a part run no longer. */
  forbid(part: number): void {
    for (let route = 0; route < this.count; route++) this.#changePart(route, part, (word, bit) => word & ~bit);
  }

  #changePart(route: number, part: number, change: (word: number, bit: number) => number): void {
    const at = route * WORDS + (part >> 5);
    this.#words[at] = change(this.#words[at] ?? 0, 1 << (part & 31));
  }

  /** Sets if parts are measured. */
  measure(isMeasured: boolean): void {
    for (let at = HIGH_WORD; at < this.#words.length; at += WORDS) {
      const word = this.#words[at] ?? 0;
      this.#words[at] = isMeasured ? word | MEASURED : word & ~MEASURED;
    }
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
    this.map[Symbol.dispose]();
  }
}
