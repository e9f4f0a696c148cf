import type { BpfMap } from "libbpf-ts";
import { bootNs } from "./boot-ns.ts";
import { entriesOf } from "./map-entries.ts";

const SECOND_NS = 1_000_000_000n;
/** Closed slots stay while they and all others fill less than this part of the map. */
const CROWDED = 4;

/** True if no span is open in the slot. */
const isClosed = (openedAt: bigint): boolean => openedAt === 0n;

/**
 * Finds spans by match that never ended. A program counts a start that is too old when it finds its
 * value again. But a value that came once may never come again: its slot would stay until others
 * need the room, and would not be counted.
 */
export class SpanSweeper {
  readonly #map: BpfMap;
  readonly #timeoutNs: bigint;
  readonly #everyNs: bigint;
  #dueNs: bigint;

  constructor(map: BpfMap, timeoutNs: bigint) {
    this.#map = map;
    this.#timeoutNs = timeoutNs;
    this.#everyNs = timeoutNs > SECOND_NS ? timeoutNs : SECOND_NS;
    this.#dueNs = bootNs() + this.#everyNs;
  }

  /**
   * Removes spans that have become too old, and returns how many. Looks at most once in a timeout,
   * and not more than once a second.
   */
  sweep(): bigint {
    const nowNs = bootNs();
    if (nowNs < this.#dueNs) return 0n;
    this.#dueNs = nowNs + this.#everyNs;
    const startedBefore = nowNs - this.#timeoutNs;
    const isOld = (openedAt: bigint): boolean => !isClosed(openedAt) && openedAt < startedBefore;
    const { old, closed, count } = this.#look(isOld);
    if (count > this.#map.maxEntries / CROWDED) for (const key of closed) this.#remove(key, isClosed);
    return old.reduce((sum, key) => (this.#remove(key, isOld) ? sum + 1n : sum), 0n);
  }

  #look(isOld: (openedAt: bigint) => boolean): Found {
    const found = { old: [] as Uint8Array[], closed: [] as Uint8Array[], count: 0 };
    for (const { key, value } of entriesOf(this.#map)) {
      const openedAt = openedAtIn(value);
      found.count++;
      if (isClosed(openedAt)) found.closed.push(key.slice());
      else if (isOld(openedAt)) found.old.push(key.slice());
    }
    return found;
  }

  /**
   * Removes a slot after another look: the span may have ended or begun since. A span that begins
   * between the two calls is lost.
   */
  #remove(key: Uint8Array, applies: (openedAt: bigint) => boolean): boolean {
    const slot = this.#map.lookup(key);
    return (
      slot !== undefined && applies(openedAtIn(new DataView(slot.buffer, slot.byteOffset))) && this.#map.delete(key)
    );
  }
}

interface Found {
  readonly old: readonly Uint8Array[];
  /** slots that were kept for the next span of their value */
  readonly closed: readonly Uint8Array[];
  readonly count: number;
}

const openedAtIn = (slot: DataView): bigint => slot.getBigUint64(0, true);
