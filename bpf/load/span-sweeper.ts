import { readFileSync } from "node:fs";
import { lookupBatch, type BatchPosition, type BpfMap } from "libbpf-ts";

const SECOND_NS = 1_000_000_000n;

/**
 * Finds spans by match that never ended. Programs count a start that is too old when they come by it again, but a value that came once
 * never comes again: its slot would stay until others need the room, and nobody would know.
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

  /** How many spans have become too old; they leave the map. Looks once in a timeout at most, and not more than once a second. */
  sweep(): bigint {
    const nowNs = bootNs();
    if (nowNs < this.#dueNs) return 0n;
    this.#dueNs = nowNs + this.#everyNs;
    const startedBefore = nowNs - this.#timeoutNs;
    return [...oldKeys(this.#map, startedBefore)].reduce(
      (count, key) => (this.#remove(key, startedBefore) ? count + 1n : count),
      0n,
    );
  }

  /** Looks again, for the span may have ended since; one that begins between the two calls is lost. */
  #remove(key: Uint8Array, startedBefore: bigint): boolean {
    const slot = this.#map.lookup(key);
    return slot !== undefined && isOpenSince(slot, 0, startedBefore) && this.#map.delete(key);
  }
}

function* oldKeys(map: BpfMap, startedBefore: bigint): Iterable<Uint8Array> {
  const keys = new Uint8Array(map.keyBytes * map.maxEntries);
  const values = new Uint8Array(map.valueBytes * map.maxEntries);
  let position: BatchPosition | undefined;
  do {
    const batch = lookupBatch(map, { keys, values }, position);
    for (let index = 0; index < batch.count; index++) {
      const at = index * map.keyBytes;
      if (isOpenSince(values, index * map.valueBytes, startedBefore)) yield keys.slice(at, at + map.keyBytes);
    }
    position = batch.next;
  } while (position !== undefined);
}

function isOpenSince(slots: Uint8Array, at: number, startedBefore: bigint): boolean {
  const openedAt = new DataView(slots.buffer, slots.byteOffset + at).getBigUint64(0, true);
  return openedAt !== 0n && openedAt < startedBefore;
}

/** CLOCK_BOOTTIME, as programs stamp their starts, to 10 ms: seconds with two decimals in /proc/uptime (proc_uptime(5)). */
function bootNs(): bigint {
  const [seconds = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  return BigInt(Math.round(Number(seconds) * 100)) * 10_000_000n;
}
