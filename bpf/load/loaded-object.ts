import type { HealthCounter, ObjectSpec } from "../compile/object-spec.ts";
import type { FileRequest, Surroundings } from "../foreign/surroundings.ts";
import type { Followed } from "./attachment.ts";
import type { Generation } from "./generations.ts";
import type { LeftOut } from "./shares-reader.ts";

/**
 * What was counted of one aggregate, merged over all CPUs: its slots; of histograms pairs of bucket and count; of distinct the registers
 * that are not 0, as `packRegister` (../compile/registers.ts) makes them. Undefined where nothing was counted, but for count and sum.
 */
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
  /** whose records were left out, those of most first; absent where the rule has no limit of records */
  readonly leftOut?: readonly LeftOut[];
}

export interface AttachedProbe {
  /** of the program */
  readonly program: string;
  /** such as `tracepoint:tcp:tcp_retransmit_skb` */
  readonly point: string;
}

/** What the kernel says of a rule's programs together. */
export interface ProgramTotals {
  /** of the runs while statistics were on (`enableRunStatistics` of libbpf-ts) */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /**
   * runs that the kernel skipped because the program was running on that CPU, and hits of kprobes that it missed; undefined where it does not
   * count them
   */
  readonly skipped: bigint | undefined;
  /** of those the ones of programs that count their runs (`countsRuns` of compile/attach-kinds.ts), which make up for them */
  readonly lost: bigint | undefined;
}

/** A rule in the kernel: descriptors and plain data. Disposing detaches and frees. Detaching waits for RCU, off the main thread. */
export interface LoadedObject extends AsyncDisposable {
  readonly spec: ObjectSpec;
  readonly attached: readonly AttachedProbe[];
  /** probes that the kernel refused beside others that it took, and why: `uprobe:/bin/x:f: BPF_LINK_CREATE: ...` */
  readonly refused: readonly string[];
  /** Reads and clears what was counted in `idle`, the generation that `Generations.flip` has just resolved with. */
  drain(idle: Generation): Drained;
  /** Calls `onRecord` for each record in the rule's ring, at most `max`, and gives how many; the bytes are valid until it returns. */
  drainRecords(onRecord: (record: Uint8Array) => void, max?: number): number;
  /** Has `onRecords` called on the event loop whenever the ring holds records, until the object is disposed. */
  watchRecords(onRecords: () => void): void;
  /** The entry of a stack's id in the map `stacks` (layout: `STACKS`); undefined where there is none, or none any more. */
  stack(id: bigint): Uint8Array | undefined;
  totals(): ProgramTotals;
  /** Follows what the programs are attached to where that comes and goes: CPUs and files. To be called every few seconds. */
  follow(around: Surroundings): Promise<Followed>;
  /** the files that `follow` needs to be told of */
  readonly files: readonly FileRequest[];
  /** whether `follow` needs `Surroundings.mapped` */
  readonly asksForMapped: boolean;
  /** Detaches the programs: nothing is counted or recorded any more, and what was can still be read. */
  detach(): Promise<void>;
}
