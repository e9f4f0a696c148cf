import type { AggregateFunction, AggregateStoredIn } from "../../../check/aggregate-functions.ts";
import { R0, alu, atomic, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Operand, Register } from "../../instruction.ts";
import type { AggregateLayout } from "../../object-spec.ts";
import { rankOf } from "../../rank.ts";
import type { Update } from "./aggregate-update.ts";
import { helperResult } from "../values/helper-result.ts";
import { branch } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { addToDeviation } from "./deviation.ts";
import { addToMean } from "./mean.ts";
import { add, count } from "../state.ts";

/**
 * The number of further attempts at a min or max after a program that nests on this CPU has changed
 * it.
 */
const ATTEMPTS = 4;

type SlotFunction = AggregateStoredIn<"slots">;

/** Changes of the slots by an event, one record for each aggregate function of storage "slots". */
const UPDATES: Readonly<Record<SlotFunction, (lowering: Lowering, update: Update, slots: MemoryPlace) => void>> = {
  count(lowering, _, slots) {
    add(lowering, slots, immediate(1));
  },
  sum(lowering, { value }, slots) {
    addUnlessZero(lowering, slots, value());
  },
  avg: addToMean,
  stddev: addToDeviation,
  min(lowering, { layout, value }, slots) {
    raiseRank(lowering, layout, slots, value());
  },
  max(lowering, { layout, value }, slots) {
    raiseRank(lowering, layout, slots, value());
  },
  last(lowering, { value }, slots) {
    keepLatest(lowering, slots, value());
  },
};

const isSlotFunction = (name: AggregateFunction): name is SlotFunction => name in UPDATES;

export function updateSlots(lowering: Lowering, update: Update, slots: MemoryPlace): void {
  const { aggregate } = update.layout;
  lowering.emitter.comment(`${aggregate.function} ${aggregate.name}`);
  if (!isSlotFunction(aggregate.function)) throw new Error(`${aggregate.function} is not kept in slots`);
  UPDATES[aggregate.function](lowering, update, slots);
}

/** Adds a value. A test costs less than an atomic addition of 0, which is a frequent value. */
function addUnlessZero(lowering: Lowering, slots: MemoryPlace, value: Operand): void {
  const { emitter } = lowering;
  if (typeof value !== "number") {
    if (value.immediate !== 0) add(lowering, slots, value);
    return;
  }
  const done = emitter.label("added");
  emitter.emit(jump(value, "==", immediate(0), done));
  add(lowering, slots, value);
  emitter.place(done);
}

/**
 * Keeps the value of the event with the latest time; each CPU has its own. If a program is
 * interrupted between the two stores, the time of the interrupting one may stay with the older
 * value. Both are of events that overlapped.
 */
function keepLatest(lowering: Lowering, slots: MemoryPlace, value: Operand): void {
  const { emitter } = lowering;
  const now = helperResult(lowering, "boot_ns");
  const done = emitter.label("latest");
  const seen = emitter.register();
  emitter.emit(load(8, seen, slots.base, slots.offset + 8), jump(seen, ">", now, done));
  emitter.emit(store(8, slots.base, slots.offset + 8, now), store(8, slots.base, slots.offset, value));
  emitter.place(done);
}

/** Keeps the greatest rank (see rank.ts), so that memory full of zeros is a valid start. */
function raiseRank(lowering: Lowering, layout: AggregateLayout, slots: MemoryPlace, value: Operand): void {
  const { emitter } = lowering;
  const rank = emitter.copy(value);
  const flipped = rankOf(layout.aggregate, 0n);
  if (flipped !== 0n) emitter.emit(alu(rank, "^", emitter.constant(flipped)));
  const done = emitter.label("ranked");
  if (lowering.kernel.has("atomic_fetch")) exchangeRank(lowering, slots, rank, done);
  else storeRank(lowering, slots, rank, done);
  emitter.place(done);
  emitter.emit(store(8, slots.base, slots.offset + 8, immediate(1)));
}

/**
 * Exchanges the rank. After the last attempt the update is given up and counted in `reserved`: a
 * program has nested at exactly this place each time.
 */
function exchangeRank(lowering: Lowering, slots: MemoryPlace, rank: Register, done: Label): void {
  const { emitter } = lowering;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const seen = emitter.register();
    emitter.emit(load(8, seen, slots.base, slots.offset), jump(seen, ">=", rank, done));
    emitter.emit(move(R0, seen), atomic("compare-exchange", slots.base, slots.offset, rank));
    emitter.emit(jump(R0, "==", seen, done));
  }
  branch(lowering, () => {
    count(lowering, "reserved");
  });
}

/**
 * Stores the rank without compare-exchange (before 5.12): a program that nests between the two
 * instructions can lose its value.
 */
function storeRank({ emitter }: Lowering, slots: MemoryPlace, rank: Register, done: Label): void {
  const seen = emitter.register();
  emitter.emit(load(8, seen, slots.base, slots.offset), jump(seen, ">=", rank, done));
  emitter.emit(store(8, slots.base, slots.offset, rank));
}
