import type { Scalar } from "../../../check/typed-expression.ts";
import { R0, alu, atomic, goTo, immediate, jump, load, mapValue, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { CONTROL_FLIPS, CONTROL_MAP } from "../../maps.ts";
import {
  ALL_OWNERS,
  BLOCK_BITS,
  BLOCK_OWNER,
  BLOCK_SHARES,
  fewOf,
  KEY_SHARE_BUCKETS_OFFSET,
  KEY_SHARE_BYTES,
  KEY_SHARE_FLIPS_OFFSET,
  KEY_SHARE_KEYS_OFFSET,
  KEY_SHARES_MAP,
  KNOWN_KEY_BYTES,
  KNOWN_KEY_OWNER_OFFSET,
  KNOWN_KEYS_MAP,
  SHARE_OWNER_BITS,
} from "../../shares.ts";
import { helperResult } from "../values/helper-result.ts";
import { addressOf, branch, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { ownerOf, shareEntry } from "../share.ts";
import { lookUpAt, toMap } from "../state.ts";
import { E2BIG, EBUSY, EEXIST, keepAnswer } from "../update-answer.ts";

const BPF_NOEXIST = 1;

/** The user who gets a new entry. */
interface Taker {
  readonly owner: Register;
  /** the owner's entries, and those of all owners; each possibly 0 */
  readonly own: Register;
  readonly all: Register;
}

/**
 * The label to go to when a new entry is refused, and the register with the reason: a result of
 * bpf_map_update_elem.
 */
export interface Refusal {
  readonly refused: Label;
  readonly answer: Register;
}

/**
 * Asks whether the hash of this generation may get one more entry, for a key that it does not have.
 * Goes to `refused` with E2BIG in `answer` if the share is used up, or with the kernel's reason if
 * the kernel refused an entry. A key that is known from an earlier generation does not count as
 * new. For the buckets of keys a user has a share in each generation. Only new entries come here:
 * counting under an existing key costs nothing.
 */
export function takeKey(
  lowering: Lowering,
  { buckets, key }: { readonly buckets?: number; readonly key: MemoryPlace },
  byChance: Scalar,
  refusal: Refusal,
): void {
  const { emitter, program } = lowering;
  emitter.comment("share of the user");
  const now = helperResult(lowering, "boot_ns");
  const known = lookUpAt(lowering, KNOWN_KEYS_MAP, key);
  const isKnown = emitter.label("known_key");
  const unknown = coldBranch(lowering, "unknown_key", () => {
    const taker = takerOf(lowering, byChance, program.keyLimit, KEY_SHARE_KEYS_OFFSET, refusal);
    addKey(lowering, key, taker, refusal);
    emitter.emit(goTo(isKnown));
  });
  emitter.emit(jump(known, "==", immediate(0), unknown), store(8, known, 0, now));
  emitter.place(isKnown);
  if (buckets === undefined) return;
  branch(lowering, () => {
    addOne(lowering, takerOf(lowering, byChance, buckets, KEY_SHARE_BUCKETS_OFFSET, refusal), KEY_SHARE_BUCKETS_OFFSET);
  });
}

/**
 * Returns the owner who takes an entry, if it is one of the first `room`, or the owner has few. The
 * total of all is at `offset`.
 */
function takerOf(
  lowering: Lowering,
  byChance: Scalar,
  room: number,
  offset: number,
  { answer, refused }: Refusal,
): Taker {
  const { emitter } = lowering;
  const { few, owner } = fewOfOwner(lowering, byChance, room);
  const own = shareEntry(lowering, KEY_SHARES_MAP, owner, KEY_SHARE_BYTES);
  const all = shareEntry(lowering, KEY_SHARES_MAP, immediate(ALL_OWNERS), KEY_SHARE_BYTES);
  if (offset === KEY_SHARE_BUCKETS_OFFSET) for (const entry of [own, all]) beginGeneration(lowering, entry);
  const [count, admitted] = [emitter.register(), emitter.label("admitted")];
  // there is room for the entry of all owners, whose first user it is
  emitter.emit(move(answer, immediate(EBUSY)), jump(all, "==", immediate(0), refused));
  emitter.emit(move(answer, immediate(E2BIG)), load(8, count, all, offset));
  emitter.emit(jump(count, "<", immediate(room), admitted), jump(own, "==", immediate(0), refused));
  emitter.emit(load(8, count, own, offset), jump(count, ">=", few, refused));
  emitter.place(admitted);
  return { owner, own, all };
}

/**
 * Returns the owner of a new entry, and how many entries count as few for it. Ids of one block are
 * one owner.
 */
function fewOfOwner(lowering: Lowering, byChance: Scalar, room: number) {
  const { emitter } = lowering;
  const owner = emitter.copy(ownerOf(lowering, byChance));
  const few = emitter.copy(immediate(fewOf(room)));
  const low = emitter.label("low_id");
  emitter.emit(jump(owner, "<=", immediate((1 << BLOCK_BITS) - 1), low));
  emitter.emit(alu(owner, ">>", immediate(BLOCK_BITS)));
  emitter.emit(alu(owner, "|", immediate(BLOCK_OWNER | 0), SHARE_OWNER_BITS));
  emitter.emit(alu(few, "<<", immediate(Math.log2(BLOCK_SHARES))));
  emitter.place(low);
  return { few, owner };
}

/**
 * Sets the buckets of an earlier generation to 0. Two CPUs that do so at once may forget one bucket
 * of each other.
 */
function beginGeneration(lowering: Lowering, entry: Register): void {
  const { emitter } = lowering;
  const [flips, counted, same] = [emitter.register(), emitter.register(), emitter.label("same_generation")];
  emitter.emit(jump(entry, "==", immediate(0), same));
  emitter.emit(mapValue(flips, CONTROL_MAP, CONTROL_FLIPS), load(4, flips, flips, 0));
  emitter.emit(load(8, counted, entry, KEY_SHARE_FLIPS_OFFSET), jump(counted, "==", flips, same));
  emitter.emit(store(8, entry, KEY_SHARE_FLIPS_OFFSET, flips));
  emitter.emit(store(8, entry, KEY_SHARE_BUCKETS_OFFSET, immediate(0)));
  emitter.place(same);
}

/**
 * Makes a key known, unless another program was first. If the kernel refuses for another reason
 * than a lack of room, it is tried again.
 */
function addKey(lowering: Lowering, key: MemoryPlace, taker: Taker, { answer, refused }: Refusal): void {
  const { emitter, frame } = lowering;
  const [added, present] = [emitter.label("added"), emitter.label("present")];
  frame.with(KNOWN_KEY_BYTES, (slot) => {
    const value = onStack(slot);
    emitter.emit(store(8, value.base, value.offset, helperResult(lowering, "boot_ns")));
    emitter.emit(store(8, value.base, value.offset + KNOWN_KEY_OWNER_OFFSET, taker.owner));
    for (const goOn of ["again", "refused"] as const) {
      const [toKey, toValue] = [addressOf(lowering, key), addressOf(lowering, value)];
      emitter.call("map_update_elem", toMap(lowering, KNOWN_KEYS_MAP), toKey, toValue, immediate(BPF_NOEXIST));
      emitter.emit(jump(R0, "==", immediate(0), added));
      keepAnswer(lowering, answer);
      emitter.emit(jump(answer, "==", immediate(EEXIST), present));
      emitter.emit(goOn === "again" ? jump(answer, "==", immediate(E2BIG), refused) : goTo(refused));
    }
  });
  emitter.place(added);
  addOne(lowering, taker, KEY_SHARE_KEYS_OFFSET);
  emitter.place(present);
}

function addOne({ emitter }: Lowering, { all, own }: Taker, offset: number): void {
  const counted = emitter.label("counted");
  emitter.emit(atomic("add", all, offset, emitter.copy(immediate(1))));
  emitter.emit(jump(own, "==", immediate(0), counted));
  emitter.emit(atomic("add", own, offset, emitter.copy(immediate(1))));
  emitter.place(counted);
}
