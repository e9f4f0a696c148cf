import { constants } from "node:os";
import { BpfError, RingPoller, type BpfMap, type RingBuffer } from "libbpf-ts";
import { HEALTH_BYTES } from "../compile/layout.ts";
import {
  HEALTH_COUNTERS,
  type HealthCounter,
  type KeyLayout,
  type ObjectLayout,
  type WakeLayout,
} from "../compile/object-spec.ts";
import { KEY_SLACK_BYTES, KEY_SLACKS_MAP, NO_RANK, SLACK_BYTES, SLACK_MAP, WAKES_MAP } from "../compile/wake-layout.ts";
import type { Generation } from "./generations.ts";
import type { MergedSlots } from "./merged-slots.ts";
import { entriesOf } from "./map-entries.ts";
import { addSlot, mergeSlots, type PerCpuValue } from "./merge-slots.ts";

const FIRST = new Uint8Array(4);

/** The counts of a key in the generation in use, read while programs count on. */
export interface Peeked {
  readonly values: readonly MergedSlots[];
  /** the total up to which the CPUs may count without asking; at least what they have counted */
  readonly granted: bigint;
}

/** The maps of a rule that wakes its reader. */
export interface WakeMaps {
  readonly slack: BpfMap;
  /** with `by` */
  readonly keySlacks: BpfMap | undefined;
  readonly state: BpfMap;
  /** with `by`: the slots of keys, by generation */
  readonly keys: readonly [BpfMap, BpfMap] | undefined;
  readonly ring: RingBuffer;
}

/**
 * Gives a rule's programs their slack, and reads which keys have used it up
 * (../compile/wake-layout.ts).
 */
export class WakeReader implements Disposable {
  readonly #maps: WakeMaps;
  readonly #layout: ObjectLayout;
  readonly #wake: WakeLayout;
  readonly #poller = new RingPoller();
  readonly #values = new Map<BpfMap, Uint8Array>();

  constructor(maps: WakeMaps, layout: ObjectLayout, wake: WakeLayout) {
    this.#maps = maps;
    this.#layout = layout;
    this.#wake = wake;
    // a rank of 0 is reached by any value
    if (wake.by === "rank") this.give(undefined, undefined);
  }

  get by(): WakeLayout["by"] {
    return this.#wake.by;
  }

  /** Calls `onWake` when keys have used up their slack; it must read them with `woken`. */
  watch(onWake: () => void): void {
    this.#poller.add(this.#maps.ring, onWake);
  }

  /** Returns the keys that have used up their slack; without `by` an entry for the rule itself. */
  woken(): readonly Uint8Array[] {
    const keys: Uint8Array[] = [];
    this.#maps.ring.drain((bytes) => keys.push(bytes.slice()));
    return keys;
  }

  /** Returns the counts without `by`, or of the key `other`. */
  peek(generation: Generation): Peeked {
    const { state } = this.#maps;
    const index = new Uint8Array(Uint32Array.of(generation).buffer);
    const bytes = state.lookup(index, this.#bufferOf(state)) ?? new Uint8Array(state.userValueBytes);
    return this.#peeked(state, bytes, HEALTH_BYTES);
  }

  /** Returns the number of events that were lost in a generation, or counted wrongly. */
  losses(generation: Generation): bigint {
    const { state } = this.#maps;
    const index = new Uint8Array(Uint32Array.of(generation).buffer);
    const bytes = state.lookup(index, this.#bufferOf(state)) ?? new Uint8Array(state.userValueBytes);
    const value = perCpuValue(state, bytes);
    return LOSSES.reduce((sum, name) => sum + addSlot(value, 8 * HEALTH_COUNTERS.indexOf(name), false), 0n);
  }

  /** Returns the counts of a key; undefined if it has not counted yet. */
  peekKey(generation: Generation, key: Uint8Array): Peeked | undefined {
    const map = this.#maps.keys?.[generation];
    const bytes = map?.lookup(key, this.#bufferOf(map));
    return map && bytes && this.#peeked(map, bytes, 0);
  }

  /** Yields the keys that have counted. Some that come meanwhile may be missing. */
  *peekKeys(generation: Generation): Iterable<Peeked & { readonly key: Uint8Array }> {
    const map = this.#maps.keys?.[generation];
    if (map === undefined) return;
    for (const { key, value } of entriesOf(map)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      yield { key: key.slice(), ...this.#peeked(map, bytes, 0) };
    }
  }

  /**
   * Sets the slack of a key, or without `key` that of the rule and of new keys. Without slack there
   * is no wake-up. Returns false if there is no room for the key.
   */
  give(slack: bigint | undefined, key: Uint8Array | undefined): boolean {
    const value = new Uint8Array(key === undefined ? SLACK_BYTES : KEY_SLACK_BYTES);
    const none = this.#wake.by === "rank" ? NO_RANK : 0n;
    new BigUint64Array(value.buffer, 0, 2).set([BigInt.asUintN(64, slack ?? none), 1n]);
    if (key === undefined) this.#maps.slack.update(FIRST, value);
    else return hasRoom(() => this.#maps.keySlacks?.update(key, value));
    return true;
  }

  /** Removes the slack of a key: it is a new key again. */
  forget(key: Uint8Array): void {
    this.#maps.keySlacks?.delete(key);
  }

  /** Returns all keys that have a slack of their own. */
  keysWithSlack(): readonly Uint8Array[] {
    const { keySlacks } = this.#maps;
    return keySlacks === undefined ? [] : [...entriesOf(keySlacks)].map(({ key }) => key.slice());
  }

  #bufferOf(map: BpfMap): Uint8Array {
    return this.#values.getOrInsertComputed(map, () => new Uint8Array(map.userValueBytes));
  }

  #peeked(map: BpfMap, bytes: Uint8Array, slotsStart: number): Peeked {
    const value = perCpuValue(map, bytes);
    const { view, strideBytes } = value;
    const values = mergeSlots(this.#layout.aggregates, value, slotsStart);
    let granted = 0n;
    for (let start = slotsStart; start < bytes.byteLength; start += strideBytes) {
      const counted = view.getBigUint64(start, true);
      const grant = view.getBigUint64(start + this.#wake.grantOffset, true);
      granted += grant > counted ? grant : counted;
    }
    return { values, granted };
  }

  [Symbol.dispose](): void {
    this.#poller[Symbol.dispose]();
  }
}

/** The counts that make the daemon distrust a tick. */
const LOSSES: readonly HealthCounter[] = ["lost_scratch", "reserved", "lost_busy"];

/** Returns false if a map was full. */
function hasRoom(update: () => void): boolean {
  try {
    update();
    return true;
  } catch (error) {
    if (error instanceof BpfError && error.errno === constants.errno.E2BIG) return false;
    throw error;
  }
}

function perCpuValue(map: BpfMap, bytes: Uint8Array): PerCpuValue {
  const strideBytes = Math.ceil(map.valueBytes / 8) * 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { view, start: 0, strideBytes, cpus: map.userValueBytes / strideBytes };
}

/** Returns the reader of an object's wake-ups. Throws if one of its maps is missing. */
export function openWakeReader(
  layout: ObjectLayout,
  find: (name: string) => BpfMap,
  makeRing: (map: BpfMap) => RingBuffer,
): WakeReader | undefined {
  const { wake, key, stateMap } = layout;
  if (wake === undefined) return undefined;
  const keysOf = ({ maps }: KeyLayout): readonly [BpfMap, BpfMap] => [find(maps[0]), find(maps[1])];
  const maps: WakeMaps = {
    slack: find(SLACK_MAP),
    keySlacks: key && find(KEY_SLACKS_MAP),
    state: find(stateMap),
    keys: key && keysOf(key),
    ring: makeRing(find(WAKES_MAP)),
  };
  return new WakeReader(maps, layout, wake);
}
