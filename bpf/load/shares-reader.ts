import type { BpfMap } from "libbpf-ts";
import { NO_OWNER, SHARE_LEFT_OUT_OFFSET } from "../compile/shares.ts";
import { entriesOf } from "./map-entries.ts";

/** Records of one user that did not fit into the user's share. */
export interface LeftOut {
  /**
   * in the initial namespace; absent if no user caused them, and for users that are no longer known
   */
  readonly uid?: number;
  readonly count: number;
}

/**
 * Finds whose records were left out. The map's counts only grow. A count that is less than before
 * belongs to a user who was pushed out of the map and came again. If the rule counted more left out
 * than all entries together, the rest belongs to users who were pushed out.
 */
export class SharesReader {
  readonly #map: BpfMap;
  #seen = new Map<number, bigint>();
  /**
   * left out by the rule's own count, and not yet assigned to a user; below 0 if the users' counts
   * are ahead
   */
  #unassigned = 0n;

  constructor(map: BpfMap) {
    this.#map = map;
  }

  /** @param leftOut records that the rule has left out since the last call */
  drain(leftOut: bigint): readonly LeftOut[] {
    this.#unassigned += leftOut;
    if (this.#unassigned <= 0n) return [];
    const found: LeftOut[] = [];
    const now = new Map<number, bigint>();
    let unknown = 0n;
    for (const [owner, count] of this.#counts()) {
      now.set(owner, count);
      const before = this.#seen.get(owner) ?? 0n;
      const since = count < before ? count : count - before;
      this.#unassigned -= since;
      if (since === 0n) continue;
      if (owner === NO_OWNER) unknown += since;
      else found.push({ uid: owner, count: Number(since) });
    }
    this.#seen = now;
    if (this.#unassigned > 0n) {
      unknown += this.#unassigned;
      this.#unassigned = 0n;
    }
    const byCount = found.toSorted((a, b) => b.count - a.count);
    return unknown === 0n ? byCount : [...byCount, { count: Number(unknown) }];
  }

  /** Yields the users whose records were left out. */
  *#counts(): Iterable<readonly [number, bigint]> {
    for (const { key, value } of entriesOf(this.#map)) {
      const count = value.getBigUint64(SHARE_LEFT_OUT_OFFSET, true);
      if (count > 0n) yield [new DataView(key.buffer, key.byteOffset).getUint32(0, true), count];
    }
  }
}
