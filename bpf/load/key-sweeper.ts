import type { BpfMap } from "libbpf-ts";
import { KEY_SHARES_MAP, KNOWN_KEYS_MAP, KNOWN_KEY_OWNER_OFFSET, ALL_OWNERS } from "../compile/shares.ts";
import type { ObjectLayout } from "../compile/object-spec.ts";
import { bootNs } from "./boot-ns.ts";
import { entriesOf } from "./map-entries.ts";

const SECOND_NS = 1_000_000_000n;
/** The number of checks within a window. */
const LOOKS = 4n;
/** The used part of the room, with the reserve, above which little is left. */
const CROWDED = 0.6;

/**
 * Forgets keys that have counted nothing for a window, and counts again how many keys each owner
 * has. Programs only add to these numbers. What they add during the count may be missing until the
 * next one.
 */
export class KeySweeper {
  readonly #known: BpfMap;
  readonly #shares: BpfMap;
  readonly #windowNs: bigint;
  readonly #crowded: bigint;
  #lookedNs = bootNs();
  /** before then no key that was there at the last look can be forgotten */
  #nothingOldNs = 0n;
  /** keys of all owners at the last look */
  #counted = 0n;

  /** @param map finds the rule's map of a name */
  constructor({ keyWindowNs }: ObjectLayout, map: (name: string) => BpfMap) {
    this.#known = map(KNOWN_KEYS_MAP);
    this.#shares = map(KEY_SHARES_MAP);
    this.#windowNs = keyWindowNs;
    this.#crowded = BigInt(Math.floor(this.#known.maxEntries * CROWDED));
  }

  /**
   * Looks a few times in a window. If there is little room, looks once a second if keys have come
   * or can be old enough: reading a hundred thousand keys takes tens of milliseconds.
   */
  sweep(): void {
    const nowNs = bootNs();
    const sinceNs = nowNs - this.#lookedNs;
    if (sinceNs < SECOND_NS) return;
    if (sinceNs < this.#windowNs / LOOKS) {
      const count = this.#countOfAll();
      if (count < this.#crowded || (count === this.#counted && nowNs < this.#nothingOldNs)) return;
    }
    this.#lookedNs = nowNs;
    this.#forget(nowNs - this.#windowNs);
  }

  #countOfAll(): bigint {
    const entry = this.#shares.lookup(ownerKey(ALL_OWNERS));
    return entry === undefined ? 0n : viewOf(entry).getBigUint64(0, true);
  }

  #forget(beforeNs: bigint): void {
    const old: Uint8Array[] = [];
    const counts = new Map<number, bigint>();
    let all = 0n;
    let oldestNs = beforeNs + this.#windowNs;
    for (const { key, value } of entriesOf(this.#known)) {
      const seenNs = value.getBigUint64(0, true);
      if (seenNs < beforeNs) {
        old.push(key.slice());
        continue;
      }
      if (seenNs < oldestNs) oldestNs = seenNs;
      const owner = value.getUint32(KNOWN_KEY_OWNER_OFFSET, true);
      counts.set(owner, (counts.get(owner) ?? 0n) + 1n);
      all++;
    }
    for (const key of old) this.#known.delete(key);
    this.#nothingOldNs = oldestNs + this.#windowNs;
    this.#counted = all;
    if (all > 0n) counts.set(ALL_OWNERS, all);
    this.#writeCounts(counts);
  }

  /**
   * Writes the counts of keys. An owner without keys is removed. For the others only the first
   * number changes.
   */
  #writeCounts(counts: ReadonlyMap<number, bigint>): void {
    const shares = [...entriesOf(this.#shares)].map(({ key, value }) => {
      const entry = new Uint8Array(value.byteLength);
      entry.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      return { key: key.slice(), entry };
    });
    for (const { key, entry } of shares) {
      const count = counts.get(viewOf(key).getUint32(0, true));
      if (count === undefined) this.#shares.delete(key);
      else {
        viewOf(entry).setBigUint64(0, count, true);
        this.#shares.update(key, entry);
      }
    }
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const ownerKey = (owner: number): Uint8Array => new Uint8Array(Uint32Array.of(owner).buffer);
