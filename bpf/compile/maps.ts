import type { CheckedProgram, Memo, SpanState } from "../check/checked-program.ts";
import { BUCKET_KEY_BYTES } from "../check/limits.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { bucketCount } from "./buckets.ts";
import { deepestStack } from "./deepest-stack.ts";
import { hashedBytes } from "./hashed-bytes.ts";
import { layOutSlot, memoBytes, memoMapName, placeKey, spanMapName, storedBytes } from "./layout.ts";
import type { ObjectNeeds } from "./needs.ts";
import { STACKS, type MapSpec, type ObjectLayout } from "./object-spec.ts";
import {
  BLOCKS,
  KEY_OWNERS,
  KEY_SHARE_BYTES,
  KEY_SHARES_MAP,
  KNOWN_KEY_BYTES,
  KNOWN_KEYS_MAP,
  RECORD_BLOCKS_MAP,
  roomWithReserve,
  SHARE_BYTES,
  SHARES,
  SPAN_USERS,
  spanBlocksMap,
  spanSharesMap,
} from "./shares.ts";
import { alignToWord } from "./stack-frame.ts";
import {
  grantBytes,
  KEY_SLACK_BYTES,
  KEY_SLACKS_MAP,
  SLACK_BYTES,
  SLACK_KEYS,
  SLACK_MAP,
  WAKES_MAP,
} from "./wake-layout.ts";

/** BPF_F_* of include/uapi/linux/bpf.h. */
const NO_PREALLOC = 1;
const MMAPABLE = 1 << 10;

/**
 * The daemon's one shared map: u32 at 0 is the current generation, u32 at 4 the tgid of the process
 * that reads the counters, u32 at 8 how often the generation has changed.
 */
export const CONTROL_MAP = "control";
export const CONTROL_READER = 4;
export const CONTROL_FLIPS = 8;
export const CONTROL_BYTES = 16;
export const SCRATCH_MAP = "scratch";
/**
 * Threads whose call could not be recorded at its entry: by u32 id and u32 mark, the place of its
 * registers.
 */
export const DEFERRED_MAP = "deferred";
export const DEFERRED_KEY_BYTES = 8;
/**
 * Threads that can be inside such calls at a time. The records of others say which fields are
 * missing.
 */
const DEFERRED_ENTRIES = 4096;
/** The steps of the automata of patterns for each byte. */
export const PATTERNS_MAP = "patterns";
/** The index of the rule's point for each system call number. */
export const SYSCALLS_MAP = "syscalls";
/**
 * The number of packed records that can be built at once on a CPU: a program's, an interrupt's, a
 * softirq's, an NMI's. A power of two.
 */
export const SCRATCH_ENTRIES = 4;

/** A longer key is built in `scratch`: the stack has other uses too. */
export const KEY_BYTES_ON_STACK = 128;

/**
 * The initial value of a new key's registers, and of its slots if they are too large for the stack.
 */
export const ZEROS_MAP = "zeros";

/** One map for each generation; see `ObjectLayout`. */
export const BUCKET_MAPS: readonly [string, string] = ["buckets_0", "buckets_1"];
export const REGISTER_MAPS: readonly [string, string] = ["registers_0", "registers_1"];

/**
 * The buckets of a key within one tick, on average: few keys fill many. A rule with few keys has
 * room for more of each.
 */
const BUCKETS_PER_KEY = 8;
const LEAST_BUCKETS = 16_384;
export const SLOT_BYTES_ON_STACK = 64;

/*
 * An entry of `scratch`: u64 busy, u64 cursor (the place of the next bytes of the record), the
 * record, key or strings, and slack. The verifier knows only that the cursor is below the record's
 * end, so a read there may seem to reach beyond it.
 */
export const SCRATCH_BUSY = 0;
export const SCRATCH_CURSOR = 8;
export const SCRATCH_RECORD = 16;

/** BTF ids that maps need, in the object's own blob. */
export interface MapTypes {
  /** type of task storage's keys: a 4-byte int */
  readonly int: number;
  /** struct of a span's slot, by the span's id */
  readonly spanSlots: ReadonlyMap<number, number>;
}

/** The maps of a rule, in the order of their use. */
export function mapsOf(
  program: CheckedProgram,
  layout: ObjectLayout,
  kernel: Kernel,
  types: MapTypes,
  needs: ObjectNeeds,
): readonly MapSpec[] {
  return [
    { ...plain(CONTROL_MAP, "array", 4, CONTROL_BYTES, 1), flags: MMAPABLE, shared: "control" },
    plain(layout.stateMap, "percpu_array", 4, layout.stateBytes, 2),
    ...keyMaps(program, layout, kernel),
    ...wakeMaps(program, layout, kernel),
    ...zerosMap(program, layout, kernel),
    ...program.spans.flatMap((state) => spanMaps(state, program.spanLimit, kernel, types)),
    ...program.memos.map((memo) => memoMap(memo, kernel)),
    ...recordMaps(program, layout, kernel),
    ...recordShares(layout, kernel),
    ...deferredMap(program, kernel),
    ...stackMaps(program, kernel),
    ...scratchMaps(program, layout, needs),
    ...patternMaps(needs),
    ...syscallMaps(needs),
  ];
}

const plain = (
  name: string,
  type: MapSpec["type"],
  keyBytes: number,
  valueBytes: number,
  maxEntries: number,
): MapSpec => ({ name, type, keyBytes, valueBytes, maxEntries, flags: 0, btfKeyType: 0, btfValueType: 0 });

/**
 * Returns the maps for keys. Room for all keys is allocated at once only if programs in any context
 * cannot allocate it. Making 10,000 per-CPU elements takes 10 ms a map on two CPUs and more on
 * many, and most rules have few keys.
 */
function keyMaps(program: CheckedProgram, { key, aggregates, wake }: ObjectLayout, kernel: Kernel): readonly MapSpec[] {
  if (key === undefined) return [];
  const flags = canAllocate(kernel) ? NO_PREALLOC : 0;
  const slots = storedBytes(aggregates, "slots") + grantBytes({ wake });
  const registers = storedBytes(aggregates, "registers");
  const buckets = roomWithReserve(bucketEntries(aggregates, program.keyLimit));
  const room = roomWithReserve(program.keyLimit);
  const hashes = (names: readonly string[], type: MapSpec["type"], keyBytes: number, bytes: number, entries: number) =>
    bytes === 0 || entries === 0
      ? []
      : names.map((name) => ({ ...plain(name, type, keyBytes, bytes, entries), flags }));
  return [
    ...hashes(key.maps, "percpu_hash", key.bytes, slots, room),
    ...hashes(REGISTER_MAPS, "hash", key.bytes, registers, room),
    ...hashes(BUCKET_MAPS, "hash", key.bytes + BUCKET_KEY_BYTES, 8, buckets),
    ...hashes([KNOWN_KEYS_MAP], "hash", key.bytes, KNOWN_KEY_BYTES, room),
    ...hashes([KEY_SHARES_MAP], "hash", 4, KEY_SHARE_BYTES, KEY_OWNERS),
  ];
}

/** Returns the maps by which programs know when to wake the reader, and by which they do. */
function wakeMaps(program: CheckedProgram, { key, wake }: ObjectLayout, kernel: Kernel): readonly MapSpec[] {
  if (wake === undefined) return [];
  const entries = Math.min(SLACK_KEYS, roomWithReserve(program.keyLimit));
  const flags = canAllocate(kernel) ? NO_PREALLOC : 0;
  return [
    plain(SLACK_MAP, "array", 4, SLACK_BYTES, 1),
    ...(key === undefined ? [] : [{ ...plain(KEY_SLACKS_MAP, "hash", key.bytes, KEY_SLACK_BYTES, entries), flags }]),
    plain(WAKES_MAP, "ring_buffer", 0, 0, kernel.pageBytes),
  ];
}

/** Returns the entries for the buckets of all keys of one generation, without the reserve. */
export function bucketEntries(aggregates: ObjectLayout["aggregates"], keyLimit: number): number {
  const each = aggregates.flatMap(({ aggregate, storage }) => {
    if (storage !== "buckets") return [];
    return Math.min(keyLimit * bucketCount(aggregate), Math.max(keyLimit * BUCKETS_PER_KEY, LEAST_BUCKETS));
  });
  return each.reduce((sum, entries) => sum + entries, 0);
}

/**
 * Returns the map with the initial value of new keys and new threads, if that is too large for the
 * stack.
 */
function zerosMap(
  program: CheckedProgram,
  { key, aggregates, wake }: ObjectLayout,
  kernel: Kernel,
): readonly MapSpec[] {
  const inHash = program.spans.filter(({ match }) => match === undefined && !kernel.has("task_storage"));
  const slots = storedBytes(aggregates, "slots") + grantBytes({ wake });
  const ofKeys = key === undefined ? [] : [slots, storedBytes(aggregates, "registers")];
  const bytes = Math.max(0, ...ofKeys, ...inHash.map((state) => layOutSlot(state).bytes));
  return bytes > SLOT_BYTES_ON_STACK ? [plain(ZEROS_MAP, "array", 4, bytes, 1)] : [];
}

/**
 * True if programs can allocate elements. Since 6.1 hashes have an allocator of their own that is
 * safe in tracing (ee4ed53c5eb6 "bpf: Convert percpu hash map to per-cpu bpf_mem_alloc").
 */
function canAllocate(kernel: Kernel): boolean {
  return kernel.btf.find("function", "bpf_mem_alloc_init") !== undefined;
}

/**
 * Returns the maps of a span. Spans with `match`: a hash in which each user has a share. A start
 * without room is counted and replaces no span. Spans by thread without task storage: an LRU hash.
 * If it is full, it drops the least recently used entry, that of a thread that has ended.
 */
function spanMaps(state: SpanState, limit: number, kernel: Kernel, types: MapTypes): readonly MapSpec[] {
  const name = spanMapName(state);
  const { bytes } = layOutSlot(state);
  if (state.match !== undefined) {
    const flags = canAllocate(kernel) ? NO_PREALLOC : 0;
    const { bytes: keyBytes } = placeKey(state.match.columns);
    const spans = { ...plain(name, "hash", keyBytes, bytes, SPAN_USERS * limit), flags };
    return [spans, ...sharesMaps(spanSharesMap(state), spanBlocksMap(state), kernel)];
  }
  if (!kernel.has("task_storage")) return [plain(name, "lru_hash", 4, bytes, SPAN_USERS * limit)];
  const ofTasks = { flags: NO_PREALLOC, btfKeyType: types.int, btfValueType: types.spanSlots.get(state.id) ?? 0 };
  return [{ ...plain(name, "task_storage", 4, bytes, 0), ...ofTasks }];
}

/** Keys that values are remembered of at a time; the least recently used ones make room. */
const MEMO_ENTRIES = 8192;

function memoMap(memo: Memo, kernel: Kernel): MapSpec {
  const entries = MEMO_ENTRIES + ENTRIES_OF_CPU * kernel.possibleCpus;
  return plain(memoMapName(memo), "lru_hash", placeKey(memo.key).bytes, memoBytes(memo), entries);
}

function recordMaps(program: CheckedProgram, { record }: ObjectLayout, kernel: Kernel): readonly MapSpec[] {
  if (record === undefined) return [];
  return [plain(record.map, "ring_buffer", 0, 0, ringBytes(program.ringBytes, kernel.pageBytes))];
}

/** Returns the map of deferred records. No entry is pushed out: its record would be lost. */
function deferredMap({ programs }: CheckedProgram, kernel: Kernel): readonly MapSpec[] {
  const defers = programs.some(({ steps }) => steps.some((step) => step.do === "deferred"));
  const flags = canAllocate(kernel) ? NO_PREALLOC : 0;
  return defers ? [{ ...plain(DEFERRED_MAP, "hash", DEFERRED_KEY_BYTES, 8, DEFERRED_ENTRIES), flags }] : [];
}

const recordShares = ({ sharesMap }: ObjectLayout, kernel: Kernel): readonly MapSpec[] =>
  sharesMap === undefined ? [] : sharesMaps(sharesMap, RECORD_BLOCKS_MAP, kernel);

/** Returns the maps of the shares of users, and of blocks of their ids. */
function sharesMaps(own: string, blocks: string, kernel: Kernel): readonly MapSpec[] {
  const shares = (name: string, entries: number): MapSpec =>
    plain(name, "lru_hash", 4, SHARE_BYTES, entries + ENTRIES_OF_CPU * kernel.possibleCpus);
  return [shares(own, SHARES), shares(blocks, BLOCKS)];
}

/**
 * Stacks that a rule remembers. The least recently used ones make room, so a stack is lost only if
 * this many others came before it was read. Each CPU may keep up to 128 entries for itself
 * (LOCAL_FREE_TARGET in kernel/bpf/bpf_lru_list.c).
 */
const STACK_ENTRIES = 4096;
const ENTRIES_OF_CPU = 128;

function stackMaps(program: CheckedProgram, kernel: Kernel): readonly MapSpec[] {
  const bytes = stackBytes(program);
  const entries = STACK_ENTRIES + ENTRIES_OF_CPU * kernel.possibleCpus;
  return bytes === 0 ? [] : [plain(STACKS.map, "lru_hash", 8, bytes, entries)];
}

function stackBytes(program: CheckedProgram): number {
  const frames = deepestStack(program);
  return frames === 0 ? 0 : STACKS.framesOffset + 8 * frames;
}

function scratchMaps(program: CheckedProgram, { record, key }: ObjectLayout, needs: ObjectNeeds): readonly MapSpec[] {
  const recordRoom = record?.packed === true ? recordBytes(program, record.maxBytes) : 0;
  const keyRoom = key !== undefined && key.bytes > KEY_BYTES_ON_STACK ? alignToWord(key.bytes + BUCKET_KEY_BYTES) : 0;
  const room = Math.max(recordRoom, keyRoom, hashedRoom(program), stackBytes(program), needs.scratchBytes);
  return room === 0 ? [] : [plain(SCRATCH_MAP, "percpu_array", 4, SCRATCH_RECORD + room, SCRATCH_ENTRIES)];
}

/** Returns the room for the longest hashed value, if it is too long for the stack. */
function hashedRoom(program: CheckedProgram): number {
  const longest = Math.max(0, ...program.aggregates.map((_, aggregate) => hashedBytes(program, aggregate)));
  return longest > KEY_BYTES_ON_STACK ? longest : 0;
}

function syscallMaps({ syscallBytes: contents }: ObjectNeeds): readonly MapSpec[] {
  return contents.length === 0 ? [] : [{ ...plain(SYSCALLS_MAP, "array", 4, contents.length, 1), contents }];
}

function patternMaps(needs: ObjectNeeds): readonly MapSpec[] {
  const contents = needs.patternBytes();
  return contents.length === 0 ? [] : [{ ...plain(PATTERNS_MAP, "array", 4, contents.length, 1), contents }];
}

/** Returns the size of a ring: pages times a power of two. */
export function ringBytes(wanted: number, pageBytes: number): number {
  let bytes = pageBytes;
  while (bytes < wanted) bytes *= 2;
  return bytes;
}

function recordBytes(program: CheckedProgram, maxBytes: number): number {
  const strings = (program.record ?? []).flatMap(({ type }) => (type.kind === "string" ? [type.maxBytes] : []));
  return (maxBytes + Math.max(0, ...strings) + 7) & ~7;
}
