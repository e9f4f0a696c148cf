import type { HealthCounter, ObjectSpec } from "../compile/object-spec.ts";
import type { FileRequest, ProcessFiles } from "../foreign/process-files.ts";
import type { Followed } from "./attachment.ts";
import type { Generation } from "./generations.ts";
import type { MergedSlots } from "./merged-slots.ts";
import type { LeftOut } from "./shares-reader.ts";
import type { WakeReader } from "./wake-reader.ts";

export interface DrainedRow {
  /** as `KeyLayout` describes */
  readonly key: Uint8Array;
  /** by index of `ObjectLayout.aggregates` */
  readonly values: readonly MergedSlots[];
}

/** The counts of a rule in one generation. */
export interface Drained {
  readonly health: Readonly<Record<HealthCounter, bigint>>;
  /** without `by`: the values; with `by`: the values of the key `other` */
  readonly unkeyed: readonly MergedSlots[];
  readonly rows: readonly DrainedRow[];
  /**
   * users whose records were left out, those with most first; absent if the rule has no limit of
   * records
   */
  readonly leftOut?: readonly LeftOut[];
}

export interface AttachedProbe {
  /** name of the program */
  readonly program: string;
  /** such as `tracepoint:tcp:tcp_retransmit_skb` */
  readonly point: string;
}

/** The kernel's counts, summed over all programs of a rule. */
export interface ProgramTotals {
  /** of the runs while statistics were on (`enableRunStatistics` of libbpf-ts) */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /**
   * runs that the kernel skipped because the program was running on that CPU, and hits that kprobes
   * missed; undefined if the kernel does not count them
   */
  readonly skipped: bigint | undefined;
  /**
   * the part of `skipped` in programs that count their runs (`countsRuns` of
   * compile/attach-kinds.ts), which correct for it
   */
  readonly lost: bigint | undefined;
}

/**
 * A rule in the kernel: descriptors and plain data. Disposing detaches and frees. Detaching waits
 * for RCU, off the main thread.
 */
export interface LoadedObject extends AsyncDisposable {
  readonly spec: ObjectSpec;
  readonly attached: readonly AttachedProbe[];
  /**
   * probes that the kernel refused while it accepted others, and why: `uprobe:/bin/x:f:
   * BPF_LINK_CREATE: ...`
   */
  readonly refused: readonly string[];
  /** absent if its programs do not wake the reader */
  readonly wakes?: WakeReader | undefined;
  /**
   * Reads and clears the counts of `idle`, the generation that `Generations.flip` has just resolved
   * with.
   */
  drain(idle: Generation): Drained;
  /**
   * Calls `onRecord` for each record in the rule's ring, at most `max`, and returns how many. The
   * bytes are valid until it returns.
   */
  drainRecords(onRecord: (record: Uint8Array) => void, max?: number): number;
  /**
   * Calls `onRecords` on the event loop each time the ring holds records, until the object is
   * disposed.
   */
  watchRecords(onRecords: () => void): void;
  /**
   * Returns the entry of a stack's id in the map `stacks` (layout: `STACKS`), or undefined if it is
   * absent or was removed.
   */
  stack(id: bigint): Uint8Array | undefined;
  totals(): ProgramTotals;
  /** Follows CPUs and files that come and go. To be called every few seconds. */
  follow(around: ProcessFiles): Promise<Followed>;
  /** files that `follow` needs to know */
  readonly files: readonly FileRequest[];
  /** true if `follow` needs `ProcessFiles.mapped` */
  readonly asksForMapped: boolean;
  /**
   * Detaches the programs. Nothing more is counted or recorded, and earlier counts and records can
   * still be read.
   */
  detach(): Promise<void>;
}
