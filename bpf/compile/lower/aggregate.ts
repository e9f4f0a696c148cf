import type { AggregateUpdate, Step } from "../../check/checked-program.ts";
import { R0, alu, atomic, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Operand, Register } from "../instruction.ts";
import { HEALTH_BYTES, slotBytes } from "../layout.ts";
import type { AggregateLayout, KeyLayout } from "../object-spec.ts";
import { SLOT_BYTES_ON_STACK, ZEROS_MAP } from "../maps.ts";
import { rankOf } from "../rank.ts";
import { buildKey, isLong } from "./key.ts";
import { addressOf, branch, coldBranch, onStack, placeAfter } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { writeZeros } from "./memory.ts";
import { lowerOperand } from "./values.ts";
import { add, count, generation, lookUp, stateBase, toMap } from "./state.ts";

type AggregateStep = Extract<Step, { readonly do: "aggregate" }>;

/** bpf_map_update_elem: only where the key is new (include/uapi/linux/bpf.h). */
const BPF_NOEXIST = 1;
/** How often a min or max is tried anew when a program that nests on this CPU changed it meanwhile. */
const ATTEMPTS = 4;
const VALUES_AHEAD = 4;

/** Updates aggregates in place: in the rule's state without `by`, else in the hash of this generation. */
export function lowerAggregate(lowering: Lowering, step: AggregateStep): void {
  const { key } = lowering.layout;
  const values = valuesOf(lowering, step);
  if (key === undefined) {
    updateAll(lowering, step, { base: stateBase(lowering), offset: HEALTH_BYTES }, values);
    return;
  }
  const done = lowering.emitter.label("counted");
  const update = (): void => {
    updateAll(lowering, step, keyedSlots(lowering, step, key, done), values);
  };
  // a long key may find no room, so what its columns compute is not known behind it
  if (isLong(key)) branch(lowering, update);
  else update();
  lowering.emitter.place(done);
}

/** The value of each update. Few are computed ahead of the key, so that the context need not outlive its lookup; many would fill the stack. */
function valuesOf(lowering: Lowering, { updates }: AggregateStep): readonly (() => Operand | undefined)[] {
  const compute = ({ value }: AggregateUpdate): Operand | undefined => value && lowerOperand(lowering, value);
  if (updates.length > VALUES_AHEAD) return updates.map((update) => () => compute(update));
  const values = updates.map(compute);
  return values.map((value) => () => value);
}

function updateAll(
  lowering: Lowering,
  step: AggregateStep,
  slots: Place,
  values: readonly (() => Operand | undefined)[],
): void {
  step.updates.forEach(({ aggregate }, index) => {
    const layout = lowering.layout.aggregates[aggregate];
    if (layout === undefined) throw new Error(`aggregate ${String(aggregate)} is not declared`);
    updateSlots(lowering, layout, placeAfter(slots, layout.slotOffset), values[index]?.());
  });
}

/** The slots of the step's key; those of the key `other`, and a lost key, where the hash is full. */
function keyedSlots(lowering: Lowering, step: AggregateStep, key: KeyLayout, done: Label): Place {
  const { emitter } = lowering;
  const { place, release } = buildKey(lowering, step.key, key, done);
  const index = generation(lowering);
  const slots = emitter.register();
  emitter.comment("slots of the key");
  lookUpKey(lowering, key, place, index, slots);
  const found = emitter.label("found");
  const missing = coldBranch(lowering, "new_key", () => {
    insertKey(lowering, key, place, index);
    lookUpKey(lowering, key, place, index, slots);
    emitter.emit(jump(slots, "!=", immediate(0), found));
    count(lowering, "lost_keys");
    emitter.comment("slots of the key `other`");
    emitter.emit(move(slots, stateBase(lowering)), alu(slots, "+", immediate(HEALTH_BYTES)), goTo(found));
  });
  emitter.emit(jump(slots, "==", immediate(0), missing));
  emitter.place(found);
  release();
  return { base: slots, offset: 0 };
}

/**
 * Runs `body` with the hash of the generation. Twice, with a jump between: the verifier replaces a lookup's call by the hash's
 * own code only where one map can be meant.
 */
function inGeneration({ emitter }: Lowering, { maps }: KeyLayout, index: Register, body: (map: string) => void): void {
  const second: Label = emitter.label("generation_1");
  const done = emitter.label("done");
  emitter.emit(jump(index, "!=", immediate(0), second));
  body(maps[0]);
  emitter.emit(goTo(done));
  emitter.place(second);
  body(maps[1]);
  emitter.place(done);
}

function lookUpKey(lowering: Lowering, key: KeyLayout, place: Place, index: Register, into: Register): void {
  const { emitter } = lowering;
  inGeneration(lowering, key, index, (map) => {
    emitter.call("map_lookup_elem", toMap(lowering, map), addressOf(lowering, place));
    emitter.emit(move(into, R0));
  });
}

/** Adds the key with zeroed slots. That another program was first, or that the hash is full, shows at the next lookup. */
function insertKey(lowering: Lowering, key: KeyLayout, place: Place, index: Register): void {
  const insert = (zeros: Place): void => {
    inGeneration(lowering, key, index, (map) => {
      const value = addressOf(lowering, zeros);
      const toKey = addressOf(lowering, place);
      lowering.emitter.call("map_update_elem", toMap(lowering, map), toKey, value, immediate(BPF_NOEXIST));
    });
  };
  const bytes = slotBytes(lowering.layout.aggregates);
  if (bytes > SLOT_BYTES_ON_STACK) insertFromMap(lowering, insert);
  else
    lowering.frame.with(bytes, (slot) => {
      writeZeros(lowering, onStack(slot), bytes);
      insert(onStack(slot));
    });
}

function insertFromMap(lowering: Lowering, insert: (zeros: Place) => void): void {
  const { emitter } = lowering;
  const missing = emitter.label("no_zeros");
  const base = lookUp(lowering, ZEROS_MAP, immediate(0));
  emitter.emit(jump(base, "==", immediate(0), missing));
  insert({ base, offset: 0 });
  emitter.place(missing);
}

function updateSlots(lowering: Lowering, layout: AggregateLayout, slots: Place, value: Operand | undefined): void {
  const { emitter } = lowering;
  emitter.comment(`${layout.aggregate.function} ${layout.aggregate.name}`);
  switch (layout.aggregate.function) {
    case "count":
      add(lowering, slots, immediate(1));
      return;
    case "sum":
      add(lowering, slots, valueOf(layout, value));
      return;
    case "avg":
      add(lowering, slots, valueOf(layout, value));
      add(lowering, placeAfter(slots, 8), immediate(1));
      return;
    case "min":
    case "max":
      raiseRank(lowering, layout, slots, valueOf(layout, value));
  }
}

function valueOf({ aggregate }: AggregateLayout, value: Operand | undefined): Operand {
  if (value === undefined) throw new Error(`${aggregate.function} needs a value`);
  return value;
}

/** Keeps the greatest rank (see rank.ts), so that memory full of zeros is a valid start. */
function raiseRank(lowering: Lowering, layout: AggregateLayout, slots: Place, value: Operand): void {
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

/** After so many attempts the update is given up and counted in `reserved`: a program has nested at this very place each time. */
function exchangeRank(lowering: Lowering, slots: Place, rank: Register, done: Label): void {
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

/** Without compare-exchange (before 5.12) a program that nests between the two instructions can lose its value. */
function storeRank({ emitter }: Lowering, slots: Place, rank: Register, done: Label): void {
  const seen = emitter.register();
  emitter.emit(load(8, seen, slots.base, slots.offset), jump(seen, ">=", rank, done));
  emitter.emit(store(8, slots.base, slots.offset, rank));
}
