import type { AggregateStorage } from "../../../check/aggregate-functions.ts";
import type { Step } from "../../../check/checked-program.ts";
import type { Scalar } from "../../../check/typed-expression.ts";
import { R1, alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { HEALTH_BYTES, storedBytes } from "../../layout.ts";
import { BUCKET_MAPS, bucketEntries, REGISTER_MAPS } from "../../maps.ts";
import type { AggregateLayout, KeyLayout } from "../../object-spec.ts";
import { updatesOf, type Update } from "./aggregate-update.ts";
import { bucketIndex, pointAtBucket } from "./bucket.ts";
import { buildKey, isLong } from "./key.ts";
import { keyEntry, type KeyLoss } from "./key-entry.ts";
import { addressOf, branch, coldBranch, onStack, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { raiseRegister } from "./register.ts";
import { updateSlots } from "./slots.ts";
import { add, count, stateBase } from "../state.ts";
import { clearFailed, takeFailed } from "../unreadable.ts";
import { grantBytes } from "../../wake-layout.ts";
import { wakeReader } from "./wake.ts";

/** 0: the running thread caused the event. */
const RUNNING: Scalar = { op: "constant", value: 0n };

type AggregateStep = Extract<Step, { readonly do: "aggregate" }>;

/**
 * Updates aggregates in place: in the rule's state without `by`, otherwise in the hashes of this
 * generation, with the key built once.
 *
 * @param counted emits what else is done when the event is counted
 */
export function lowerAggregate(lowering: Lowering, step: AggregateStep, counted: () => void): void {
  const { emitter, unreadable } = lowering;
  const done = emitter.label("counted");
  if (unreadable === undefined) updateAll(lowering, step, counted, done);
  else {
    skipUnknown(lowering, unreadable.unknown, done);
    clearFailed(lowering);
    branch(lowering, () => {
      updateAll(lowering, step, counted, done);
    });
  }
  emitter.place(done);
}

function updateAll(lowering: Lowering, step: AggregateStep, counted: () => void, done: Label): void {
  const { key } = lowering.layout;
  const updates = updatesOf(lowering, step, done);
  if (key === undefined) {
    skipUnknown(lowering, takeFailed(lowering), done);
    counted();
    updateState(lowering, updates);
    return;
  }
  const update = (): void => {
    const { place, release } = buildKey(lowering, step.key, key, done);
    skipUnknown(lowering, takeFailed(lowering), done, release);
    counted();
    const byChance = step.byChance ?? RUNNING;
    const loss = { byChance, ...(lookupsOf(updates) > 1 && { flag: lowering.emitter.constant(0n) }) };
    for (const storage of ["slots", "registers", "buckets"] as const) {
      const kept = updates.filter(({ layout }) => layout.storage === storage);
      if (kept.length > 0) KEYED[storage](lowering, kept, key, place, loss);
    }
    release();
  };
  // a long key may find no room, so values that its columns compute are not known after it
  if (isLong(key)) branch(lowering, update);
  else update();
}

/** Counts an event as unknown when memory could not be read that decides its key or its weight. */
function skipUnknown(lowering: Lowering, failed: Register | undefined, done: Label, release = (): void => {}): void {
  if (failed === undefined) return;
  const { emitter } = lowering;
  const unknown = coldBranch(lowering, "unknown", () => {
    release();
    count(lowering, "unknown", done);
    emitter.emit(goTo(done));
  });
  emitter.emit(jump(failed, "!=", immediate(0), unknown));
}

function updateState(lowering: Lowering, updates: readonly Update[]): void {
  for (const update of updates) {
    const place = { base: stateBase(lowering), offset: stateOffset(update.layout) };
    IN_STATE[update.layout.storage](lowering, update, place);
    wakeReader(lowering, place);
  }
}

/** Returns the offset of an aggregate's first slot within a state entry. */
const stateOffset = ({ slotOffset }: AggregateLayout): number => HEALTH_BYTES + slotOffset;

/** Updates of an aggregate in the rule's state, one record for each storage. */
const IN_STATE: Readonly<Record<AggregateStorage, (lowering: Lowering, update: Update, place: MemoryPlace) => void>> = {
  slots: updateSlots,
  registers: raiseRegister,
  buckets(lowering, update, { base, offset }) {
    const beyond = lowering.emitter.label("beyond");
    const index = bucketIndex(lowering, update);
    const weight = update.weight();
    pointAtBucket(lowering, update, base, index, beyond);
    add(lowering, { base: R1, offset }, weight);
    lowering.emitter.place(beyond);
  },
};

/**
 * Returns the number of lookups: one for all slots, one for all registers, one for each histogram.
 */
function lookupsOf(updates: readonly Update[]): number {
  return new Set(updates.map(({ layout }) => (layout.storage === "buckets" ? layout : layout.storage))).size;
}

type UpdateKeyed = (
  lowering: Lowering,
  updates: readonly Update[],
  key: KeyLayout,
  place: MemoryPlace,
  loss: KeyLoss,
) => void;

/**
 * Updates of the aggregates of a key, one record for each storage. One lookup finds all slots of a
 * key, and one all registers.
 */
const KEYED: Readonly<Record<AggregateStorage, UpdateKeyed>> = {
  slots(lowering, updates, { maps }, key, loss) {
    const slots = keyEntry(lowering, { maps, key, ...stored(lowering, "slots") }, loss);
    for (const update of updates) updateSlots(lowering, update, placeAfter(slots, update.layout.slotOffset));
    wakeReader(lowering, slots, key);
  },
  registers(lowering, updates, _, key, loss) {
    const registers = keyEntry(lowering, { maps: REGISTER_MAPS, key, ...stored(lowering, "registers") }, loss);
    const slotBytes = storedBytes(lowering.layout.aggregates, "slots");
    for (const update of updates) {
      raiseRegister(lowering, update, placeAfter(registers, update.layout.slotOffset - slotBytes));
    }
  },
  buckets(lowering, updates, { bytes }, key, loss) {
    for (const update of updates) countBucket(lowering, update, key, placeAfter(key, bytes), loss);
  },
};

/** Returns the size of a key's slots or registers, and the place of those of the key `other`. */
function stored(lowering: Lowering, storage: "slots" | "registers") {
  const { aggregates } = lowering.layout;
  const offset = HEALTH_BYTES + (storage === "registers" ? storedBytes(aggregates, "slots") : 0);
  return {
    valueBytes: storedBytes(aggregates, storage) + (storage === "slots" ? grantBytes(lowering.layout) : 0),
    other: (target: Register): void => {
      lowering.emitter.emit(move(target, stateBase(lowering)), alu(target, "+", immediate(offset)));
    },
  };
}

const bucketRoom = ({ layout, program }: Lowering): number => bucketEntries(layout.aggregates, program.keyLimit);

const BUCKET_BITS = 16;
const BUCKET_BYTES = 2;

/**
 * Reads the bucket of a key back by a helper, which the verifier does not look into. For a number
 * that leads to a pointer, the verifier distinguishes all ways in which it was made, here 64, and
 * follows each to the end of the program.
 */
function readBack(lowering: Lowering, bucketKey: MemoryPlace): Register {
  const { emitter, frame } = lowering;
  const index = emitter.register();
  frame.with(BUCKET_BYTES, (slot) => {
    const place = onStack(slot);
    emitter.call(
      "probe_read_kernel",
      addressOf(lowering, place),
      immediate(BUCKET_BYTES),
      addressOf(lowering, bucketKey),
    );
    emitter.emit(load(BUCKET_BYTES, index, place.base, place.offset));
  });
  return index;
}

/** Counts a bucket. Its key is the rule's key, followed by the aggregate and the bucket. */
function countBucket(
  lowering: Lowering,
  update: Update,
  key: MemoryPlace,
  bucketKey: MemoryPlace,
  loss: KeyLoss,
): void {
  const { emitter, layout } = lowering;
  const index = bucketIndex(lowering, update);
  const weight = update.weight();
  const number = emitter.copy(index);
  emitter.emit(alu(number, "|", immediate(layout.aggregates.indexOf(update.layout) << BUCKET_BITS)));
  emitter.emit(store(4, bucketKey.base, bucketKey.offset, number));
  const beyond = emitter.label("beyond");
  const other = (target: Register): void => {
    pointAtBucket(lowering, update, stateBase(lowering), readBack(lowering, bucketKey), beyond);
    emitter.emit(move(target, R1), alu(target, "+", immediate(stateOffset(update.layout))));
  };
  add(
    lowering,
    keyEntry(lowering, { maps: BUCKET_MAPS, key, valueBytes: 8, buckets: bucketRoom(lowering), other }, loss),
    weight,
  );
  emitter.place(beyond);
}
