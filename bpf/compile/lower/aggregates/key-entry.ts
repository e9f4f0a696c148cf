import type { Scalar } from "../../../check/typed-expression.ts";
import { R0, goTo, immediate, jump, move } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { SLOT_BYTES_ON_STACK, ZEROS_MAP } from "../../maps.ts";
import { takeKey } from "./key-share.ts";
import { addressOf, branch, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { writeZeros } from "../values/memory.ts";
import { count, generation, lookUp, toMap } from "../state.ts";
import { E2BIG, keepAnswer } from "../update-answer.ts";

/** bpf_map_update_elem: only if the key is new (include/uapi/linux/bpf.h). */
const BPF_NOEXIST = 1;

export interface EntryOf {
  /** a hash for each generation */
  readonly maps: readonly [string, string];
  readonly key: MemoryPlace;
  readonly valueBytes: number;
  /** entries that are open to all users, if a key has more than one */
  readonly buckets?: number;
  /**
   * puts the address that is used when the hash is full, that of the key `other`, into a register
   */
  readonly other: (target: Register) => void;
}

/**
 * True if the key of this run was lost. A key without room in one hash is not looked up in the
 * next, and counts as lost once.
 */
export interface KeyLoss {
  /** not 0 if a new key was not caused by the running thread */
  readonly byChance: Scalar;
  /** 0 or 1; absent if there is only one lookup */
  readonly flag?: Register;
}

/**
 * Returns the entry of a key in the hash of this generation, and makes it if the key is new. If the
 * hash is full, the key is counted as lost.
 */
export function keyEntry(lowering: Lowering, entry: EntryOf, { byChance, flag }: KeyLoss): MemoryPlace {
  const { emitter } = lowering;
  const index = generation(lowering);
  const found = emitter.label("found");
  const slots = emitter.register();
  const useOther = (): void => {
    emitter.comment("entry of the key `other`");
    entry.other(slots);
    emitter.emit(goTo(found));
  };
  if (flag !== undefined) emitter.emit(jump(flag, "!=", immediate(0), coldBranch(lowering, "lost", useOther)));
  emitter.comment(`entry of the key in ${entry.maps[0].replace("_0", "")}`);
  lookUpKey(lowering, entry, index, slots);
  const missing = coldBranch(lowering, "new_key", () => {
    const answer = emitter.copy(immediate(E2BIG));
    const refused = emitter.label("refused");
    takeKey(lowering, entry, byChance, { refused, answer });
    const insert = (): void => {
      insertKey(lowering, entry, index, answer);
      lookUpKey(lowering, entry, index, slots);
      emitter.emit(jump(slots, "!=", immediate(0), found));
    };
    insert();
    const again = coldBranch(lowering, "again", () => {
      insert();
      emitter.emit(goTo(refused));
    });
    emitter.emit(jump(answer, "!=", immediate(E2BIG), again));
    emitter.place(refused);
    countLoss(lowering, answer);
    if (flag !== undefined) emitter.emit(move(flag, immediate(1)));
    useOther();
  });
  emitter.emit(jump(slots, "==", immediate(0), missing));
  emitter.place(found);
  return { base: slots, offset: 0 };
}

/**
 * Counts a loss. A full hash is one kind. The other is that the kernel was busy with the hash, or
 * had no memory at hand and must not wait for it.
 */
function countLoss(lowering: Lowering, answer: Register): void {
  const { emitter } = lowering;
  const counted = emitter.label("loss_counted");
  const full = coldBranch(lowering, "full", () => {
    count(lowering, "lost_keys");
    emitter.emit(goTo(counted));
  });
  emitter.emit(jump(answer, "==", immediate(E2BIG), full));
  branch(lowering, () => {
    count(lowering, "lost_busy");
  });
  emitter.place(counted);
}

/**
 * Runs `body` with the hash of the generation. It is emitted twice, with a jump between: the
 * verifier replaces a lookup's call by the hash's own code only if one map is possible.
 */
function inGeneration(
  { emitter }: Lowering,
  maps: readonly [string, string],
  index: Register,
  body: (map: string) => void,
): void {
  const second: Label = emitter.label("generation_1");
  const done = emitter.label("done");
  emitter.emit(jump(index, "!=", immediate(0), second));
  body(maps[0]);
  emitter.emit(goTo(done));
  emitter.place(second);
  body(maps[1]);
  emitter.place(done);
}

function lookUpKey(lowering: Lowering, { maps, key }: EntryOf, index: Register, into: Register): void {
  const { emitter } = lowering;
  inGeneration(lowering, maps, index, (map) => {
    emitter.call("map_lookup_elem", toMap(lowering, map), addressOf(lowering, key));
    emitter.emit(move(into, R0));
  });
}

/**
 * Adds the key with a value of zeros. If another program was first, or the hash is full, the next
 * lookup shows it.
 */
function insertKey(lowering: Lowering, { maps, key, valueBytes }: EntryOf, index: Register, answer: Register): void {
  const insert = (zeros: MemoryPlace): void => {
    inGeneration(lowering, maps, index, (map) => {
      const value = addressOf(lowering, zeros);
      const toKey = addressOf(lowering, key);
      lowering.emitter.call("map_update_elem", toMap(lowering, map), toKey, value, immediate(BPF_NOEXIST));
      keepAnswer(lowering, answer);
    });
  };
  if (valueBytes > SLOT_BYTES_ON_STACK) insertFromMap(lowering, insert);
  else
    lowering.frame.with(valueBytes, (slot) => {
      writeZeros(lowering, onStack(slot), valueBytes);
      insert(onStack(slot));
    });
}

function insertFromMap(lowering: Lowering, insert: (zeros: MemoryPlace) => void): void {
  const { emitter } = lowering;
  const missing = emitter.label("no_zeros");
  const base = lookUp(lowering, ZEROS_MAP, immediate(0));
  emitter.emit(jump(base, "==", immediate(0), missing));
  insert({ base, offset: 0 });
  emitter.place(missing);
}
