import type { HealthCounter, ObjectSpec } from "../compile/object-spec.ts";

/** The slots of one aggregate, merged over all CPUs; undefined where nothing was counted (min, max, avg of no events). */
export type MergedSlots = readonly bigint[] | undefined;

export interface DrainedRow {
  /** as `KeyLayout` describes */
  readonly key: Uint8Array;
  /** by index of `ObjectLayout.aggregates` */
  readonly values: readonly MergedSlots[];
}

/** What a rule counted in one generation. */
export interface Drained {
  readonly health: Readonly<Record<HealthCounter, bigint>>;
  /** without `by`: the values; with `by`: what was counted under the key `other` */
  readonly unkeyed: readonly MergedSlots[];
  readonly rows: readonly DrainedRow[];
}

export interface AttachedProbe {
  readonly name: string;
  /** such as `tracepoint:tcp:tcp_retransmit_skb` */
  readonly point: string;
}

/** A rule in the kernel: descriptors and plain data. Disposing detaches and frees; it waits for RCU off the main thread. */
export interface LoadedObject extends AsyncDisposable {
  readonly spec: ObjectSpec;
  readonly attached: readonly AttachedProbe[];
  /** Reads and clears the idle generation; call it after `Generations.flip` has resolved and before the next flip. */
  drain(): Drained;
}
