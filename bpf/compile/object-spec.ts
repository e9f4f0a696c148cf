import type { AggregateStorage } from "../check/aggregate-functions.ts";
import type { AttachPoint, Aggregate, Column } from "../check/checked-program.ts";
import type { PartCalls } from "./fuse/routes.ts";
import type { IrInstruction } from "./ir.ts";
import type { Span } from "../source/source.ts";

/**
 * A compiled rule as plain data: what to create in the kernel, and how to read the results. It is
 * pure: the same rule and the same Kernel give the same bytes.
 */
export interface ObjectSpec {
  readonly rule: string;
  readonly maps: readonly MapSpec[];
  readonly programs: readonly ProgramSpec[];
  /**
   * a raw BTF blob: types of map keys and values, functions, and the strings that line info points
   * at
   */
  readonly btf: Uint8Array;
  readonly layout: ObjectLayout;
  /** kernel memory that the maps will take, by the kernel's costs of maps */
  readonly memoryBytes: number;
}

export type MapType = "array" | "percpu_array" | "hash" | "percpu_hash" | "lru_hash" | "ring_buffer" | "task_storage";

export interface MapSpec {
  /** unique within the rule; the loader cuts the kernel's name to 15 bytes */
  readonly name: string;
  readonly type: MapType;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  /** BPF_F_* */
  readonly flags: number;
  /** 0 if the map needs no BTF */
  readonly btfKeyType: number;
  readonly btfValueType: number;
  /** initial value of an array with one entry */
  readonly contents?: Uint8Array;
  /** one map for the whole daemon; the loader uses it in place of this one */
  readonly shared?: "control";
}

export type ProgramType = "tracepoint" | "raw_tracepoint" | "tracing" | "lsm" | "kprobe" | "perf_event";

export interface ProgramSpec {
  readonly name: string;
  readonly type: ProgramType;
  /** BPF_* of enum bpf_attach_type, such as BPF_TRACE_RAW_TP (23) for tp_btf; 0 if not needed */
  readonly expectedAttachType: number;
  /** BTF id of the target, for `tracing` */
  readonly attachBtfId: number;
  /** the module whose BTF has the target, if it is not the kernel's own */
  readonly attachModule?: string;
  /**
   * 8 bytes each, little-endian; map references have imm 0 until the loader fills in descriptors
   */
  readonly instructions: Uint8Array;
  readonly relocations: readonly Relocation[];
  /**
   * own functions of the program, after it in `instructions`, ascending; those of one name are the
   * same in all programs of a rule
   */
  readonly functions: readonly { readonly name: string; readonly start: number }[];
  readonly calls: readonly OwnCall[];
  /** bpf_func_info and bpf_line_info records (rec_size 8 and 16) against `ObjectSpec.btf` */
  readonly functionInfo: Uint8Array;
  readonly lineInfo: Uint8Array;
  /** the source of each instruction that has one, ascending, for verifier errors */
  readonly lines: readonly { readonly instruction: number; readonly span: Span }[];
  /** the probe of the rule that it is for; programs for the matches of one pattern have the same */
  readonly probe: Span;
  readonly attach: readonly AttachPoint[];
  /** the program as a part of a fused one; absent if it must be a program of its own */
  readonly part?: ProgramPart;
  /** result of bpf_get_attach_cookie at each of `attach`; absent if the program does not ask */
  readonly cookies?: readonly bigint[];
}

/**
 * A program as a part of a fused program, which runs the programs of several rules at one place
 * (see fuse/fuse-programs.ts): over machine registers, with its own functions.
 */
export interface ProgramPart {
  readonly machine: readonly IrInstruction[];
  readonly functions: readonly {
    readonly name: string;
    readonly parameters: number;
    readonly machine: readonly IrInstruction[];
  }[];
  /** the system calls at which it runs; absent if its place is not all system calls */
  readonly calls?: PartCalls;
}

/** The call at `instruction` is of an own function of the program. */
export interface OwnCall {
  readonly instruction: number;
  readonly function: string;
}

/**
 * The ldimm64 at `instruction` refers to a map's descriptor, or to the address of a byte of the
 * value of a one-element array map.
 */
export interface Relocation {
  readonly instruction: number;
  readonly map: string;
  readonly kind: "map" | "map-value";
  readonly offset: number;
}

/**
 * Counters of a rule's health, one u64 each, at the head of a state slot, in this order:
 *
 * - `lost_keys`: events not counted under their key (the hash was full);
 * - `lost_spans`: starts without room;
 * - `lost_busy`: keys and starts that the kernel refused for another reason, such as a program that
 *   interrupted another one at the same map;
 * - `reserved`: min or max updates given up under contention;
 * - `left_out`: records beyond their user's share;
 * - `unknown`: events that were not counted, because memory of the process could not be read;
 * - `runs`: runs of programs that the kernel leaves out while others run (`countsRuns`);
 * - `missed_returns`: calls of user functions whose returns the kernel does not probe, because too
 *   many are under way in the thread.
 */
export const HEALTH_COUNTERS = [
  "matched",
  "emitted",
  "lost_ring",
  "lost_keys",
  "faulted",
  "orphaned",
  "lost_scratch",
  "reserved",
  "left_out",
  "lost_spans",
  "lost_busy",
  "unknown",
  "runs",
  "missed_returns",
] as const;
export type HealthCounter = (typeof HEALTH_COUNTERS)[number];

/**
 * The places of a rule's data in its maps. `state` is a per-CPU array of two entries, one for each
 * generation: health counters, then the slots of the aggregates (with `by`, those of the key
 * `other`). With `by` there are hashes, one for each generation and each storage that the
 * aggregates have:
 *
 * - `keys_0` and `keys_1`, per CPU, with the slots of a key;
 * - `registers_0` and `registers_1`, of all CPUs, with its registers;
 * - `buckets_0` and `buckets_1`, of all CPUs, with a u64 for each bucket of a key that is not
 *   empty. Their keys are the rule's, followed by u32 index of the aggregate << 16 | bucket.
 */
export interface ObjectLayout {
  readonly aggregates: readonly AggregateLayout[];
  /**
   * aggregates whose counts, over all keys, are matched runs that the counter `matched` does not
   * contain
   */
  readonly matchedBy: readonly number[];
  readonly stateMap: string;
  readonly stateBytes: number;
  readonly key?: KeyLayout;
  /** absent if the reader looks only at ticks */
  readonly wake?: WakeLayout;
  /** how long the key of a map of known keys is known, see `shares.ts` */
  readonly keyWindowNs: bigint;
  readonly record?: RecordLayout;
  /** map of the users' shares of records, see `shares.ts`; absent if they have no limit */
  readonly sharesMap?: string;
  /** spans that are found by a match */
  readonly spans: readonly MatchedSpanLayout[];
}

/**
 * The hash of the spans of one `{from, to}`, by the values that they match by. A value begins with
 * u64 time of the start, CLOCK_BOOTTIME ns, 0 after the span has ended.
 */
export interface MatchedSpanLayout {
  readonly map: string;
  readonly timeoutNs: bigint;
}

/**
 * The place of what programs need to wake the reader before its tick (`wake-layout.ts`). The word
 * that says how far a CPU may count without asking follows the slots of the only aggregate.
 */
export interface WakeLayout {
  readonly by: "total" | "rank";
  /** offset of the word after the first slot of a state entry or of a key */
  readonly grantOffset: number;
}

export interface AggregateLayout {
  readonly aggregate: Aggregate;
  readonly storage: AggregateStorage;
  /**
   * byte offset of its first slot. In a state entry slots begin after the health counters, all of
   * storage "slots" before those of "registers", and these before those of "buckets".
   */
  readonly slotOffset: number;
  /** 8 bytes each; a slot holds eight registers */
  readonly slots: number;
}

export interface KeyLayout {
  readonly maps: readonly [string, string];
  readonly columns: readonly PlacedColumn[];
  readonly bytes: number;
}

export interface PlacedColumn {
  readonly column: Column;
  /**
   * from the start of the key or of the record: the first column of a record is at 8, after the
   * time
   */
  readonly offset: number;
  /** room in the fixed part; the room of a packed string's text is its type's `maxBytes` */
  readonly bytes: number;
}

/**
 * The map of a rule's stacks: an LRU hash from ids (u64, little-endian) to u64 start of the process
 * (CLOCK_BOOTTIME ns), u32 its pid (both 0 for the kernel's stacks), u32 bytes of the frames, and
 * the frames, u64 each, innermost first. The bytes after them are undefined.
 */
export const STACKS = { map: "stacks", startOffset: 0, pidOffset: 8, frameBytesOffset: 12, framesOffset: 16 } as const;

/**
 * Ids without an entry: there was no stack (a kernel thread has none in user space), or no room to
 * take it.
 */
export const STACK_NONE = 0n;
export const STACK_LOST = 1n;

/** The sign bit of a packed string's u32 length. */
export const TEXT_CUT = 1 << 31;

/**
 * The last word of a column of "marked" text. For a whole text it is 0, or text with its NUL.
 * Otherwise it has this bit, and below it so many bits of a hash of the bytes from the word on. The
 * last byte of text is always its NUL.
 */
export const TEXT_MARK = 1n << 56n;
export const MARK_HASH_BITS = 56;
/**
 * The same word of a text that could not be read. Beside TEXT_MARK it says that the part which the
 * word replaces could not be read.
 */
export const TEXT_UNREADABLE = 1n << 57n;

/**
 * The bits for values that could not be read. If there are more columns, the last ones have no bit
 * of their own, and share the highest one of a column.
 */
export const UNKNOWN_FILTER = 1n << 63n;
export const UNREADABLE_COLUMNS = 63;

/**
 * A ring record: u64 time of the event (CLOCK_BOOTTIME ns), then `fixedBytes` of columns. Offsets
 * of columns count from the start of the record, so the first is at 8, and packed bytes begin at 8
 * + `fixedBytes`. If `packed`, a string column's place holds a u32 length (with the NUL), and the
 * bytes follow after the fixed part, in the order of the columns. Otherwise strings are in place,
 * NUL-terminated. A string whose length equals its room was cut. So was one whose length has the
 * bit TEXT_CUT set: a path without its outer names, or arguments with more to come. For the form
 * "bytes" only TEXT_CUT says so.
 */
export interface RecordLayout {
  readonly map: string;
  readonly columns: readonly PlacedColumn[];
  readonly fixedBytes: number;
  /**
   * offset of a u64 that says which values could not be read: a bit for each column, in their
   * order, `UNKNOWN_FILTER` for the filter; absent if all can be read
   */
  readonly unreadableAt?: number;
  readonly packed: boolean;
  readonly maxBytes: number;
}
