import type { BpfMap } from "libbpf-ts";
import { HEALTH_BYTES } from "../compile/layout.ts";
import { HEALTH_COUNTERS, type HealthCounter, type ObjectLayout } from "../compile/object-spec.ts";
import type { Generation } from "./generations.ts";
import type { MergedSlots } from "./merged-slots.ts";
import { addSlot, mergeSlots, type PerCpuValue } from "./merge-slots.ts";

const COUNTER_BYTES = 8;

export interface DrainedState {
  readonly health: Readonly<Record<HealthCounter, bigint>>;
  readonly unkeyed: readonly MergedSlots[];
}

/**
 * Reads and clears the state entry of a rule's idle generation, with memory that is allocated once.
 */
export class StateReader {
  readonly #map: BpfMap;
  readonly #layout: ObjectLayout;
  readonly #bytes: Uint8Array;
  readonly #zeros: Uint8Array;
  readonly #value: PerCpuValue;

  constructor(map: BpfMap, layout: ObjectLayout) {
    this.#map = map;
    this.#layout = layout;
    this.#bytes = new Uint8Array(map.userValueBytes);
    this.#zeros = new Uint8Array(map.userValueBytes);
    const strideBytes = Math.ceil(map.valueBytes / 8) * 8;
    this.#value = {
      view: new DataView(this.#bytes.buffer),
      start: 0,
      strideBytes,
      cpus: map.userValueBytes / strideBytes,
    };
  }

  drain(idle: Generation): DrainedState {
    const index = new Uint8Array(Uint32Array.of(idle).buffer);
    this.#map.lookup(index, this.#bytes);
    const counters = HEALTH_COUNTERS.map(
      (name, at) => [name, addSlot(this.#value, at * COUNTER_BYTES, false)] as const,
    );
    const unkeyed = mergeSlots(this.#layout.aggregates, this.#value, HEALTH_BYTES);
    this.#map.update(index, this.#zeros);
    return { health: Object.fromEntries(counters) as Record<HealthCounter, bigint>, unkeyed };
  }
}
