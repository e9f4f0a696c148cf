import type { SpanState } from "../../../check/checked-program.ts";
import type { Scalar } from "../../../check/typed-expression.ts";
import { alu, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { SLOT_KEPT_OFFSET, SLOT_OWNER_OFFSET } from "../../layout.ts";
import { BLOCK_BITS, spanBlocksMap, spanRate, spanSharesMap } from "../../shares.ts";
import { coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { aheadOf, chargeBoth, ownerOf, shareEntry, takeOfBlock, type Entries } from "../share.ts";
import { lookUpAt } from "../state.ts";

/** A place for a span in its owner's share. */
export interface SpanShare extends Entries {
  readonly stepNs: number;
}

/**
 * Asks for a place for one more span, and writes the owner into the new slot. An owner is charged
 * when a span begins and credited when it ends. A span that never ends is forgotten by time, as
 * fast as spans that are too old leave the map. Goes to `refused` if the share is used up.
 */
export function takeSpan(
  lowering: Lowering,
  state: SpanState,
  slot: MemoryPlace,
  byChance: Scalar,
  refused: Label,
): SpanShare {
  const { emitter } = lowering;
  const { stepNs, burstNs } = spanRate(state, lowering.program.spanLimit);
  emitter.comment("share of the user");
  const owner = ownerOf(lowering, byChance);
  const entry = shareEntry(lowering, spanSharesMap(state), owner);
  const [block, ahead] = [emitter.copy(immediate(0)), emitter.copy(immediate(0))];
  const known = emitter.label("span_share");
  emitter.emit(store(4, slot.base, slot.offset + SLOT_OWNER_OFFSET, owner));
  emitter.emit(jump(entry, "==", immediate(0), known));
  emitter.emit(move(ahead, aheadOf(lowering, entry)));
  const burst = emitter.constant(burstNs);
  emitter.emit(jump(ahead, ">", burst, refused));
  takeOfBlock(lowering, owner, { map: spanBlocksMap(state), block, ahead, burst, refused });
  emitter.place(known);
  markKept(lowering, slot, ahead, burstNs / 2n);
  return { entry, block, stepNs };
}

/**
 * Marks a slot to be kept for the next span of its value, if the owner has used less than half of
 * its share.
 */
function markKept({ emitter }: Lowering, slot: MemoryPlace, ahead: Register, half: bigint): void {
  const [kept, few] = [emitter.copy(immediate(1)), emitter.label("few")];
  emitter.emit(jump(ahead, "<=", emitter.constant(half), few), move(kept, immediate(0)));
  emitter.place(few);
  emitter.emit(store(4, slot.base, slot.offset + SLOT_KEPT_OFFSET, kept));
}

export const chargeSpan = (lowering: Lowering, share: SpanShare): void => {
  chargeBoth(lowering, share, immediate(share.stepNs));
};

/** Returns the owner of the span in a slot. It must be read before the slot is deleted. */
export function ownerIn({ emitter }: Lowering, slot: Register): Register {
  const owner = emitter.register();
  emitter.emit(load(4, owner, slot, SLOT_OWNER_OFFSET));
  return owner;
}

/** Credits the owner's share with what a span took of it. */
export function creditSpan(lowering: Lowering, state: SpanState, owner: Register): void {
  const { emitter, frame } = lowering;
  const { stepNs } = spanRate(state, lowering.program.spanLimit);
  const block = emitter.copy(immediate(0));
  frame.with(4, (offset) => {
    const key = onStack(offset);
    const find = (map: string, id: Register): Register => {
      emitter.emit(store(4, key.base, key.offset, id));
      return lookUpAt(lowering, map, key);
    };
    const entry = find(spanSharesMap(state), owner);
    const low = emitter.label("given_back");
    const high = coldBranch(lowering, "high_id", () => {
      const number = emitter.copy(owner);
      emitter.emit(alu(number, ">>", immediate(BLOCK_BITS)));
      emitter.emit(move(block, find(spanBlocksMap(state), number)), { kind: "goto", to: low });
    });
    emitter.emit(jump(owner, ">", immediate((1 << BLOCK_BITS) - 1), high));
    emitter.place(low);
    chargeBoth(lowering, { entry, block }, immediate(-stepNs));
  });
}
