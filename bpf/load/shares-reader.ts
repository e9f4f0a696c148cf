import type { BpfMap } from "libbpf-ts";
import { NOBODY, SHARE_LEFT_OUT_OFFSET } from "../compile/shares.ts";
import { entriesOf } from "./map-entries.ts";

/** Records of one user that its share had no room for. */
export interface LeftOut {
  /** in the initial namespace; absent for what is no user's doing, and for users who are not known any more */
  readonly uid?: number;
  readonly count: number;
}

/**
 * Tells whose records were left out. The map's counts go on and on; one that is less than before is of a user who was pushed out and came
 * again. What a rule counted as left out and no entry tells any more was of users who were pushed out.
 */
export class SharesReader {
  readonly #map: BpfMap;
  #seen = new Map<number, bigint>();
  /** left out by the rule's own count, and not told of any user yet; below 0 where the users' counts are ahead */
  #owed = 0n;

  constructor(map: BpfMap) {
    this.#map = map;
  }

  /** @param leftOut records that the rule has left out since the last call */
  drain(leftOut: bigint): readonly LeftOut[] {
    this.#owed += leftOut;
    if (this.#owed <= 0n) return [];
    const found: LeftOut[] = [];
    const now = new Map<number, bigint>();
    let unknown = 0n;
    for (const [owner, count] of this.#counts()) {
      now.set(owner, count);
      const before = this.#seen.get(owner) ?? 0n;
      const since = count < before ? count : count - before;
      this.#owed -= since;
      if (since === 0n) continue;
      if (owner === NOBODY) unknown += since;
      else found.push({ uid: owner, count: Number(since) });
    }
    this.#seen = now;
    if (this.#owed > 0n) {
      unknown += this.#owed;
      this.#owed = 0n;
    }
    const byCount = found.toSorted((a, b) => b.count - a.count);
    return unknown === 0n ? byCount : [...byCount, { count: Number(unknown) }];
  }

  /** The users of whom records were left out. */
  *#counts(): Iterable<readonly [number, bigint]> {
    for (const { key, value } of entriesOf(this.#map)) {
      const count = value.getBigUint64(SHARE_LEFT_OUT_OFFSET, true);
      if (count > 0n) yield [new DataView(key.buffer, key.byteOffset).getUint32(0, true), count];
    }
  }
}
