import type { Bytes } from "../../check/typed-expression.ts";
import { R0, alu, immediate, jump, move, store } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { SCRATCH_MAP, SCRATCH_RECORD } from "../maps.ts";
import { TEXT_CUT } from "../object-spec.ts";
import { composeArguments } from "./arguments.ts";
import { addressOf, branch } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { asNumber, callOwn } from "./own-function.ts";
import { composePath } from "./path.ts";
import { acquireEntry, releaseScratch } from "./scratch.ts";
import { lookUp } from "./state.ts";
import { TEXT_MASK, WORKSPACE_BYTES } from "./workspace.ts";
import { lowerScalar } from "./values.ts";

/** A string that stands nowhere: it is put together piece by piece. */
export type Composed = Extract<Bytes, { readonly op: "path" | "arguments" }>;

export const isComposed = (bytes: Bytes): bytes is Composed => bytes.op === "path" || bytes.op === "arguments";

/**
 * Puts a string together in an entry of `scratch` of its own, and copies it to `place`, at most `room` bytes of it. Gives its length with
 * the NUL; 0, with a NUL at `place`, where there was no room to work in.
 * @param cut set to TEXT_CUT where parts of the string had to be left out; its upper half is undefined
 */
export function writeComposed(
  lowering: Lowering,
  bytes: Composed,
  place: Place,
  room: number,
  cut?: Register,
): Register {
  const { emitter } = lowering;
  const address = lowerScalar(lowering, bytes.address);
  const length = emitter.copy(immediate(0));
  const done = emitter.label("composed");
  emitter.emit(store(1, place.base, place.offset, immediate(0)));
  lowering.needs.scratch(WORKSPACE_BYTES);
  branch(lowering, () => {
    const { entry, base } = acquireEntry(lowering, done);
    const found = compose(lowering, bytes, entry, asNumber(lowering, address));
    if (cut !== undefined) emitter.emit(move(cut, found), alu(cut, "&", immediate(TEXT_CUT)));
    const start = (target: Register): void => {
      emitter.emit(alu(found, "&", immediate(TEXT_MASK)), move(target, base), alu(target, "+", found));
      emitter.emit(alu(target, "+", immediate(SCRATCH_RECORD)));
    };
    emitter.call("probe_read_kernel_str", addressOf(lowering, place), immediate(room), start);
    const copied = emitter.label("copied");
    emitter.emit(jump(R0, ">", immediate(room), copied), move(length, R0));
    emitter.place(copied);
    releaseScratch(lowering, base);
  });
  emitter.place(done);
  return length;
}

/** Gives where the text begins in the entry's workspace, with TEXT_CUT where parts of it had to be left out. */
function compose(lowering: Lowering, bytes: Composed, entry: Register, address: Register): Register {
  if (bytes.op === "path") {
    const { from, layout } = bytes;
    return callOwn(lowering, `${from}_name`, [entry, address], (inner, [inEntry = R0, start = R0]) =>
      composePath(inner, { from, layout, address: start }, workspaceOf(inner, inEntry)),
    );
  }
  const args = [entry, address, lowering.emitter.copy(immediate(bytes.count))];
  return callOwn(lowering, "arguments", args, (inner, [inEntry = R0, pointers = R0, count = R0]) =>
    composeArguments(inner, { address: pointers, count }, workspaceOf(inner, inEntry)),
  );
}

function workspaceOf(lowering: Lowering, entry: Register): Place {
  const base = lookUp(lowering, SCRATCH_MAP, entry);
  lowering.emitter.emit(jump(base, "==", immediate(0), lowering.end));
  return { base, offset: SCRATCH_RECORD };
}
