import type { Scalar } from "../../check/typed-expression.ts";
import { constantOf } from "../fold.ts";
import { alu, atomic, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Operand, Register } from "../instruction.ts";
import { BLOCK_BITS, BLOCK_SHARES, SHARE_BYTES, SHARE_OWNER_BITS } from "../shares.ts";
import { helperResult } from "./values/helper-result.ts";
import { addressOf, branch, coldBranch, onStack } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { writeZeros } from "./values/memory.ts";
import { lookUpAt, toMap } from "./state.ts";
import { branchFalse } from "./values.ts";

const BPF_NOEXIST = 1;

/**
 * Returns the owner whose share an event is taken from: the real user of the running thread in the
 * initial namespace, or `NO_OWNER` (all bits set) if that thread did not cause the event.
 */
export function ownerOf(lowering: Lowering, byChance: Scalar): Register {
  const { emitter } = lowering;
  const owner = emitter.register();
  const noOwner = alu(owner, "=", immediate(-1), SHARE_OWNER_BITS);
  const known = constantOf(byChance);
  if (known !== undefined && known !== 0n) {
    emitter.emit(noOwner);
    return owner;
  }
  emitter.emit(alu(owner, "=", helperResult(lowering, "uid_gid"), SHARE_OWNER_BITS));
  if (known === 0n) return owner;
  const own = emitter.label("own");
  branch(lowering, () => {
    branchFalse(lowering, byChance, own);
    emitter.emit(noOwner);
  });
  emitter.place(own);
  return owner;
}

/**
 * Returns the entry of an owner in a map of shares, made if it is new, or null if there is no room
 * for it.
 */
export function shareEntry(lowering: Lowering, map: string, owner: Operand, bytes = SHARE_BYTES): Register {
  const { emitter, frame } = lowering;
  const entry = emitter.register();
  frame.with(4, (slot) => {
    const key = onStack(slot);
    const found = emitter.label("share");
    emitter.emit(store(4, key.base, key.offset, owner));
    emitter.emit(move(entry, lookUpAt(lowering, map, key)));
    const absent = coldBranch(lowering, "new_share", () => {
      frame.with(bytes, (fresh) => {
        writeZeros(lowering, onStack(fresh), bytes);
        const value = addressOf(lowering, onStack(fresh));
        emitter.call("map_update_elem", toMap(lowering, map), addressOf(lowering, key), value, immediate(BPF_NOEXIST));
      });
      emitter.emit(move(entry, lookUpAt(lowering, map, key)), goTo(found));
    });
    emitter.emit(jump(entry, "==", immediate(0), absent));
    emitter.place(found);
  });
  return entry;
}

/**
 * Returns how many nanoseconds an owner is ahead of its rate. This is the generic cell rate
 * algorithm: each event advances a point in time by what one event takes at that rate. Programs on
 * two CPUs at once may each miss the other's event: that is at most one too many each.
 */
export function aheadOf(lowering: Lowering, entry: Register): Register {
  const { emitter } = lowering;
  const now = helperResult(lowering, "boot_ns");
  const ahead = emitter.register();
  const later = emitter.label("ahead");
  emitter.emit(load(8, ahead, entry, 0), jump(ahead, ">=", now, later));
  emitter.emit(store(8, entry, 0, now), move(ahead, now));
  emitter.place(later);
  emitter.emit(alu(ahead, "-", now));
  return ahead;
}

export interface OfBlock {
  readonly map: string;
  /** set to the block's entry if the owner is part of a block, otherwise unchanged */
  readonly block: Register;
  /** how far the owner is ahead; raised to how far the block is ahead */
  readonly ahead: Register;
  readonly burst: Register;
  /** where to go if the block has used up its share */
  readonly refused: Label;
}

/** Asks the share of the whole block of ids, for an id that belongs to a block. */
export function takeOfBlock(lowering: Lowering, owner: Register, { map, block, ahead, burst, refused }: OfBlock): void {
  const { emitter } = lowering;
  const resume = emitter.label("share_taken");
  const high = coldBranch(lowering, "high_id", () => {
    const number = emitter.copy(owner);
    emitter.emit(alu(number, ">>", immediate(BLOCK_BITS)));
    emitter.emit(move(block, shareEntry(lowering, map, number)));
    emitter.emit(jump(block, "==", immediate(0), resume));
    const together = aheadOf(lowering, block);
    emitter.emit(jump(together, ">", burst, refused), jump(together, "<=", ahead, resume));
    emitter.emit(move(ahead, together), goTo(resume));
  });
  emitter.emit(jump(owner, ">", immediate((1 << BLOCK_BITS) - 1), high));
  emitter.place(resume);
}

/** The entries of an owner and its block, each possibly 0. */
export interface Entries {
  readonly entry: Register;
  readonly block: Register;
}

/** Advances the points in time of an owner and its block. */
export function chargeBoth(lowering: Lowering, { entry, block }: Entries, nanoseconds: Operand): void {
  const { emitter } = lowering;
  charge(lowering, entry, nanoseconds);
  const ofAll = emitter.copy(nanoseconds);
  emitter.emit(alu(ofAll, "s>>", immediate(Math.log2(BLOCK_SHARES))));
  charge(lowering, block, ofAll);
}

function charge({ emitter }: Lowering, entry: Register, nanoseconds: Operand): void {
  const skip = emitter.label("charged");
  emitter.emit(jump(entry, "==", immediate(0), skip));
  emitter.emit(atomic("add", entry, 0, emitter.copy(nanoseconds)));
  emitter.place(skip);
}
