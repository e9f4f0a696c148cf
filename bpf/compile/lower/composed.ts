import type { Bytes } from "../../check/typed-expression.ts";
import { R0, immediate, jump, move, store } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { SCRATCH_RECORD } from "../maps.ts";
import { composeArguments } from "./arguments.ts";
import { addressOf, branch, placeAfter } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { composePath } from "./path.ts";
import { acquireScratch, releaseScratch } from "./scratch.ts";
import { WORKSPACE_BYTES } from "./workspace.ts";
import { lowerScalar } from "./values.ts";

/** A string that stands nowhere: it is put together piece by piece. */
export type Composed = Extract<Bytes, { readonly op: "path" | "arguments" }>;

export const isComposed = (bytes: Bytes): bytes is Composed => bytes.op === "path" || bytes.op === "arguments";

/**
 * Puts a string together in an entry of `scratch` of its own, and copies it to `place`, at most `room` bytes of it. Gives its length with
 * the NUL; 0, with a NUL at `place`, where there was no room to work in.
 * @param cut set to `mark` where parts of the string had to be left out
 */
export function writeComposed(
  lowering: Lowering,
  bytes: Composed,
  place: Place,
  room: number,
  cut?: { readonly register: Register; readonly mark: number },
): Register {
  const { emitter } = lowering;
  const address = lowerScalar(lowering, bytes.address);
  const length = emitter.copy(immediate(0));
  const done = emitter.label("composed");
  emitter.emit(store(1, place.base, place.offset, immediate(0)));
  lowering.needs.scratch(WORKSPACE_BYTES);
  branch(lowering, () => {
    const scratch = acquireScratch(lowering, done);
    const workspace = placeAfter({ base: scratch, offset: 0 }, SCRATCH_RECORD);
    const incomplete = (): void => {
      if (cut !== undefined) emitter.emit(move(cut.register, immediate(cut.mark)));
    };
    const start =
      bytes.op === "path"
        ? composePath(lowering, { ...bytes, address }, workspace, incomplete)
        : composeArguments(lowering, { ...bytes, address }, workspace, incomplete);
    emitter.call("probe_read_kernel_str", addressOf(lowering, place), immediate(room), start);
    const copied = emitter.label("copied");
    emitter.emit(jump(R0, ">", immediate(room), copied), move(length, R0));
    emitter.place(copied);
    releaseScratch(lowering, scratch);
  });
  emitter.place(done);
  return length;
}
