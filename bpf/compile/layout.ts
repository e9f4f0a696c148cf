import { type AggregateFunction, aggregateRecord, type AggregateStorage } from "../check/aggregate-functions.ts";
import type { Aggregate, CheckedProgram, Column, Memo, SpanState } from "../check/checked-program.ts";
import { MARK_BYTES, markRoom } from "../check/marked-text.ts";
import type { Type } from "../check/type.ts";
import { mayBeUnreadable } from "../check/user-memory.ts";
import { bucketCount } from "./buckets.ts";
import { recordsMarkLengths } from "./marked-lengths.ts";
import { countsOfMatched } from "./matched-count.ts";
import { HEALTH_COUNTERS } from "./object-spec.ts";
import type { AggregateLayout, KeyLayout, ObjectLayout, PlacedColumn, RecordLayout } from "./object-spec.ts";
import { ProgramTooLarge } from "./program-too-large.ts";
import { REGISTERS } from "./registers.ts";
import { RECORD_SHARES_MAP } from "./shares.ts";
import { alignToWord } from "./stack-frame.ts";
import { grantBytes, wakeLayout } from "./wake-layout.ts";

/** The health counters at the head of a state entry; the slots of aggregates follow. */
export const HEALTH_BYTES = 8 * HEALTH_COUNTERS.length;
/** The time that every record begins with. */
const TIME_BYTES = 8;
/** The word that says which values of a record, or of a span's kept values, could not be read. */
const UNREADABLE_BYTES = 8;
/**
 * A record of at most this many bytes is written in place into the ring. A longer one is built
 * packed, then copied.
 */
const IN_PLACE_BYTES = 512;

/**
 * The limit of one CPU's entry of a per-CPU array (PCPU_MIN_UNIT_SIZE of include/linux/percpu.h).
 */
const STATE_BYTES = 32 << 10;

const REGISTER_SLOTS = REGISTERS / 8;
/**
 * The number of slots of each function: count [n], sum [total], min and max [rank, is set], last
 * [value, time], avg [low, n, middle, high] of a total in digits to the base of 2^32. stddev has
 * these and four digits of the total of squares. Histograms have a count for each bucket, distinct
 * eight registers in a slot.
 */
const SLOTS: Readonly<Record<AggregateFunction, (aggregate: Aggregate) => number>> = {
  count: () => 1,
  sum: () => 1,
  min: () => 2,
  max: () => 2,
  avg: () => 4,
  stddev: () => 8,
  last: () => 2,
  histogram: bucketCount,
  linear_histogram: bucketCount,
  distinct: () => REGISTER_SLOTS,
};

/**
 * Slots come first: they are always present, so their offsets within a state entry are those within
 * a key's slots too.
 */
const STORAGE_ORDER: readonly AggregateStorage[] = ["slots", "registers", "buckets"];

/** Places everything that a rule keeps in the kernel. */
export function layOut(program: CheckedProgram): ObjectLayout {
  const aggregates = layOutAggregates(program.aggregates);
  const key = program.key.length === 0 ? {} : { key: layOutKey(program.key) };
  const record = program.record === undefined ? {} : { record: layOutRecord(program.record, program) };
  const isLimited = program.record !== undefined && program.recordRate !== undefined;
  const shares = isLimited ? { sharesMap: RECORD_SHARES_MAP } : {};
  const wake = wakeLayout(program, aggregates);
  const stateBytes = HEALTH_BYTES + aggregates.reduce((sum, { slots }) => sum + 8 * slots, 0) + grantBytes({ wake });
  if (stateBytes > STATE_BYTES) throw new ProgramTooLarge(`${String(STATE_BYTES)} bytes of counters`);
  const matched = program.spans.filter(({ match }) => match !== undefined);
  const spans = matched.map((state) => ({ map: spanMapName(state), timeoutNs: state.timeoutNs }));
  return {
    aggregates,
    matchedBy: countsOfMatched(program),
    stateMap: "state",
    stateBytes,
    ...key,
    ...(wake && { wake }),
    keyWindowNs: BigInt(Math.min(program.keyWindowMs, Number.MAX_SAFE_INTEGER)) * 1_000_000n,
    ...record,
    ...shares,
    spans,
  };
}

export const memoMapName = (memo: Memo): string => `memo_${String(memo.id)}`;

/** Returns the bytes of a memo's entry: a word for each name that it keeps, in their order. */
export const memoBytes = ({ keeps, unreadable }: Memo): number =>
  8 * keeps.length + (unreadable ? UNREADABLE_BYTES : 0);

/**
 * Returns the offset of the word that says which values of a memo's entry could not be read. It
 * comes after the kept values.
 */
export const memoFailuresAt = ({ keeps, unreadable }: Memo): number | undefined =>
  unreadable ? 8 * keeps.length : undefined;

export const spanMapName = (state: SpanState): string => `span_${String(state.id)}`;

/** Returns the bytes that a key's slots, or its registers, take together. */
export const storedBytes = (aggregates: readonly AggregateLayout[], storage: "slots" | "registers"): number =>
  aggregates.reduce((sum, layout) => (layout.storage === storage ? sum + 8 * layout.slots : sum), 0);

function layOutAggregates(aggregates: readonly Aggregate[]): readonly AggregateLayout[] {
  const places = new Map<Aggregate, AggregateLayout>();
  let slotOffset = 0;
  for (const storage of STORAGE_ORDER) {
    for (const aggregate of aggregates.filter((each) => aggregateRecord(each.function).storage === storage)) {
      const slots = SLOTS[aggregate.function](aggregate);
      places.set(aggregate, { aggregate, storage, slotOffset, slots });
      slotOffset += 8 * slots;
    }
  }
  return aggregates.flatMap((aggregate) => places.get(aggregate) ?? []);
}

/**
 * Integers take at least 4 bytes, and wider columns whole words: hashing is fastest on multiples of
 * 4, and little is left between columns.
 */
const layOutKey = (columns: readonly Column[]): KeyLayout => ({ maps: ["keys_0", "keys_1"], ...placeKey(columns) });

/** Places the columns of a hash's key. */
export function placeKey(columns: readonly Column[]): Pick<KeyLayout, "columns" | "bytes"> {
  const placed = placeColumns(columns, 0, (type) =>
    wide(type) ? alignToWord(typeBytes(type)) + markRoom(type) : Math.max(4, typeBytes(type)),
  );
  const end = endOf(placed, 0);
  const bytes = placed.some((column) => column.bytes >= 8) ? alignToWord(end) : end;
  return { columns: placed, bytes };
}

/** The time at which a span began, at the start of its slot, before the kept values. */
const OPENED_AT_BYTES = 8;

/**
 * After the time, in a slot that is found by a match: u32 owner of the share that it was taken
 * from, and u32 that is not 0 if the slot is kept for the next span of its value.
 */
export const SLOT_OWNER_OFFSET = 8;
export const SLOT_KEPT_OFFSET = 12;
const MATCHED_SLOT_BYTES = 16;

/** Places the kept values of a span in its slot: whole words, so that no gaps remain. */
export function layOutSlot({ keeps, match, unreadable }: SpanState): {
  readonly keeps: readonly PlacedColumn[];
  readonly bytes: number;
  /** place of the word that says which of them could not be read, as in a record */
  readonly unreadableAt?: number;
} {
  const head = match === undefined ? OPENED_AT_BYTES : MATCHED_SLOT_BYTES;
  const start = unreadable ? head + UNREADABLE_BYTES : head;
  const mark = (type: Type): number => (type.kind === "string" && type.marked ? MARK_BYTES : 0);
  const placed = placeColumns(keeps, start, (type) => Math.max(8, alignToWord(typeBytes(type))) + mark(type));
  return { keeps: placed, bytes: endOf(placed, start), ...(unreadable && { unreadableAt: head }) };
}

function layOutRecord(columns: readonly Column[], program: CheckedProgram): RecordLayout {
  const mayFail = program.programs.some((each) => mayBeUnreadable(each, program));
  const start = mayFail ? TIME_BYTES + UNREADABLE_BYTES : TIME_BYTES;
  const record = recordAt(mayFail ? { unreadableAt: TIME_BYTES } : {});
  const inPlace = placeColumns(columns, start, typeBytes);
  const inPlaceBytes = alignToWord(endOf(inPlace, start));
  if (inPlaceBytes <= IN_PLACE_BYTES && !recordsMarkLengths(program))
    return record(inPlace, inPlaceBytes, false, inPlaceBytes);
  const packed = placeColumns(columns, start, (type) => (type.kind === "string" ? 4 : typeBytes(type)));
  const fixedEnd = alignToWord(endOf(packed, start));
  const strings = columns.reduce((sum, { type }) => sum + (type.kind === "string" ? type.maxBytes : 0), 0);
  return record(packed, fixedEnd, true, fixedEnd + strings);
}

const recordAt =
  (unreadable: Pick<RecordLayout, "unreadableAt">) =>
  (columns: readonly PlacedColumn[], end: number, packed: boolean, maxBytes: number): RecordLayout => ({
    map: "events",
    columns,
    fixedBytes: end - TIME_BYTES,
    ...unreadable,
    packed,
    maxBytes,
  });

function placeColumns(
  columns: readonly Column[],
  start: number,
  bytesOf: (type: Type) => number,
): readonly PlacedColumn[] {
  let end = start;
  return columns.map((column) => {
    const bytes = bytesOf(column.type);
    const alignment = bytes > 4 ? 8 : bytes;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + bytes;
    return { column, offset, bytes };
  });
}

const endOf = (placed: readonly PlacedColumn[], start: number): number => {
  const last = placed.at(-1);
  return last === undefined ? start : last.offset + last.bytes;
};

const wide = (type: Type): boolean => type.kind === "string" || type.kind === "address";

/** Returns the bytes of a value that need not be aligned. */
export function typeBytes(type: Type): number {
  switch (type.kind) {
    case "integer":
      return type.bits / 8;
    case "boolean":
      return 1;
    case "string":
      return type.maxBytes;
    case "address":
      return 16;
    case "pointer":
    case "stack":
      return 8;
    case "place":
      throw new Error("a place in memory is not a value that can be kept");
  }
}

/**
 * Returns the gaps from `start` to `end` between and after placed columns, which no column writes.
 */
export function gaps(placed: readonly PlacedColumn[], start: number, end: number) {
  const found: { readonly offset: number; readonly bytes: number }[] = [];
  let at = start;
  for (const { offset, bytes } of [...placed, { offset: end, bytes: 0 }]) {
    if (offset > at) found.push({ offset: at, bytes: offset - at });
    at = offset + bytes;
  }
  return found;
}
