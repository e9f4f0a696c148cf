import { ARGUMENT_END } from "../../../check/marked-text.ts";
import type { Bytes } from "../../../check/typed-expression.ts";
import { R0, alu, goTo, immediate, jump, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { SCRATCH_MAP, SCRATCH_RECORD } from "../../maps.ts";
import { MARK_HASH_BITS, TEXT_CUT, TEXT_MARK, TEXT_UNREADABLE } from "../../object-spec.ts";
import { failAs } from "../unreadable.ts";
import { composeArguments, UNREADABLE_BIT } from "./arguments.ts";
import { addressOf, branch, coldBranch } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { asNumber, callOwn } from "../own-function.ts";
import { composePath } from "./path.ts";
import { acquireEntry, releaseScratch } from "../scratch.ts";
import { lookUp } from "../state.ts";
import { markUnreadable, markWhereCut, type MarkedRoom } from "./text-mark.ts";
import { TEXT_MASK, WORKSPACE_BYTES } from "./workspace.ts";
import { lowerScalar } from "../values.ts";

const SPACE = 0x20;

/** A string that is nowhere in memory: it is composed piece by piece. */
export type Composed = Extract<Bytes, { readonly op: "path" | "arguments" }>;

export const isComposed = (bytes: Bytes): bytes is Composed => bytes.op === "path" || bytes.op === "arguments";

export const holdsComposed = (bytes: Bytes): boolean =>
  isComposed(bytes) || (bytes.op === "choose" && (holdsComposed(bytes.then) || holdsComposed(bytes.otherwise)));

/** The wanted part of a composed string, and the mark of a cut. */
export type ComposedRoom =
  | {
      readonly room: number;
      /** set to TEXT_CUT if parts of the string were left out; its upper half is undefined */
      readonly cut?: Register;
    }
  | { readonly marked: MarkedRoom };

/**
 * Composes a string in an entry of `scratch` of its own, and copies as much of it to `place` as
 * there is room for. Returns its length with the NUL. If there is no entry, which is counted, goes
 * to `noRoom`; without that, returns 0, with a NUL at `place`, marked as cut or unreadable.
 */
export function writeComposed(lowering: Lowering, bytes: Composed, place: MemoryPlace, how: ComposedRoom): Register {
  const { emitter } = lowering;
  const room = "marked" in how ? how.marked.limit : how.room;
  const address = lowerScalar(lowering, bytes.address);
  const length = emitter.copy(immediate(0));
  const done = emitter.label("composed");
  emitter.emit(store(1, place.base, place.offset, immediate(0)));
  lowering.needs.scratch(WORKSPACE_BYTES);
  branch(lowering, () => {
    const { entry, base } = acquireEntry(lowering, lowering.noRoom ?? sayNoRoom(lowering, how, done));
    const found = compose(lowering, bytes, entry, asNumber(lowering, address));
    if (bytes.op === "arguments") failWhereUnreadable(lowering, found);
    if ("cut" in how && how.cut) emitter.emit(move(how.cut, found), alu(how.cut, "&", immediate(TEXT_CUT)));
    const start = (target: Register): void => {
      const offset = emitter.copy(found);
      emitter.emit(alu(offset, "&", immediate(TEXT_MASK)), move(target, base), alu(target, "+", offset));
      emitter.emit(alu(target, "+", immediate(SCRATCH_RECORD)));
    };
    emitter.call("probe_read_kernel_str", addressOf(lowering, place), immediate(room), start);
    const copied = emitter.label("copied");
    emitter.emit(jump(R0, ">", immediate(room), copied), move(length, R0));
    emitter.place(copied);
    if ("marked" in how) markComposed(lowering, how.marked, { found, length, start });
    releaseScratch(lowering, base);
  });
  emitter.place(done);
  return length;
}

/** Marks a string without room as cut. */
const sayNoRoom = (lowering: Lowering, how: ComposedRoom, done: Label): Label =>
  coldBranch(lowering, "no_room", () => {
    if ("marked" in how) markUnreadable(lowering, how.marked, TEXT_MARK | TEXT_UNREADABLE);
    else if (how.cut) lowering.emitter.emit(move(how.cut, immediate(TEXT_CUT)));
    lowering.emitter.emit(goTo(done));
  });

/**
 * Marks a composed string. Parts may have been left out even if the rest has not filled its room.
 */
function markComposed(
  lowering: Lowering,
  room: MarkedRoom,
  {
    found,
    length,
    start,
  }: { readonly found: Register; readonly length: Register; readonly start: (target: Register) => void },
): void {
  const { emitter } = lowering;
  const partial = emitter.copy(found);
  emitter.emit(alu(partial, ">>", immediate(31)), alu(partial, "&", immediate(1)));
  emitter.emit(alu(partial, "<<", immediate(MARK_HASH_BITS)));
  const address = (): Register => {
    const text = emitter.register();
    start(text);
    return text;
  };
  const already = (): Register => emitter.copy(partial);
  markWhereCut(lowering, room, { address, already, length, space: "kernel" });
}

function failWhereUnreadable(lowering: Lowering, found: Register): void {
  const failed = lowering.emitter.copy(found);
  lowering.emitter.emit(alu(failed, ">>", immediate(UNREADABLE_BIT)), alu(failed, "&", immediate(1)));
  failAs(lowering, failed);
}

/**
 * Returns where the text begins in the entry's workspace, with TEXT_CUT if parts of it were left
 * out.
 */
function compose(lowering: Lowering, bytes: Composed, entry: Register, address: Register): Register {
  if (bytes.op === "path") {
    const { from, layout } = bytes;
    return callOwn(lowering, `${from}_name`, [entry, address], (inner, [inEntry = R0, start = R0]) =>
      composePath(inner, { from, layout, address: start }, workspaceOf(inner, inEntry)),
    );
  }
  const args = [entry, address, lowering.emitter.copy(immediate(bytes.count))];
  const [name, separator] = bytes.separated ? ["separated_arguments", ARGUMENT_END] : ["arguments", SPACE];
  return callOwn(lowering, name, args, (inner, [inEntry = R0, pointers = R0, count = R0]) =>
    composeArguments(inner, { address: pointers, count, separator }, workspaceOf(inner, inEntry)),
  );
}

function workspaceOf(lowering: Lowering, entry: Register): MemoryPlace {
  const base = lookUp(lowering, SCRATCH_MAP, entry);
  lowering.emitter.emit(jump(base, "==", immediate(0), lowering.end));
  return { base, offset: SCRATCH_RECORD };
}
