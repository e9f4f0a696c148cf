import type { Step } from "../../check/checked-program.ts";
import type { Scalar } from "../../check/typed-expression.ts";
import { R0, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { DEFERRED_KEY_BYTES, DEFERRED_MAP } from "../maps.ts";
import { addressOf, coldBranch, onStack } from "./lowering.ts";
import type { Lowering, MemoryPlace } from "./lowering.ts";
import { asNumber } from "./own-function.ts";
import { lookUpAt, toMap } from "./state.ts";
import { threadId } from "./values/thread-id.ts";
import { lowerScalar } from "./values.ts";

const BPF_ANY = 0;
const WORD = 8;

/**
 * The address of the call's registers, which stay there until it returns. It distinguishes this
 * call from one of an earlier thread with the same id.
 */
const REGISTERS: Scalar = { op: "context", offset: 0, bytes: 8, signed: false };

/**
 * Ends the run if a field of the record could not be read: leaves a mark for the return of the
 * call, and lets `giveUp` discard the record. If there is no room for the mark the run goes on, and
 * the record says which fields are missing.
 */
export function deferWhere(lowering: Lowering, failures: Register, mark: number, giveUp: () => void): void {
  const { emitter, frame, end } = lowering;
  const resume = emitter.label("nothing_deferred");
  const deferring = coldBranch(lowering, "deferring", () => {
    frame.with(DEFERRED_KEY_BYTES + WORD, (slot) => {
      const [key, value] = [onStack(slot), onStack(slot + DEFERRED_KEY_BYTES)];
      writeKey(lowering, key, mark);
      emitter.emit(store(8, value.base, value.offset, asNumber(lowering, lowerScalar(lowering, REGISTERS))));
      const toValue = addressOf(lowering, value);
      emitter.call(
        "map_update_elem",
        toMap(lowering, DEFERRED_MAP),
        addressOf(lowering, key),
        toValue,
        immediate(BPF_ANY),
      );
    });
    const kept = emitter.copy(R0);
    emitter.emit(jump(kept, "!=", immediate(0), resume));
    giveUp();
    emitter.emit(goTo(end));
  });
  emitter.emit(jump(failures, "!=", immediate(0), deferring));
  emitter.place(resume);
}

/** Ends the run unless this very call has left a mark. Removes the mark. */
export function lowerDeferred(lowering: Lowering, step: Extract<Step, { readonly do: "deferred" }>): void {
  const { emitter, frame, end } = lowering;
  emitter.comment("mark of the call's entry");
  frame.with(DEFERRED_KEY_BYTES, (slot) => {
    const key = onStack(slot);
    writeKey(lowering, key, step.mark);
    const found = lookUpAt(lowering, DEFERRED_MAP, key);
    emitter.emit(jump(found, "==", immediate(0), end));
    const registers = emitter.register();
    emitter.emit(load(8, registers, found, 0));
    removeMark(lowering, key);
    if (step.registers !== undefined) lowering.variables.set(step.registers, registers);
    else emitter.emit(jump(registers, "!=", asNumber(lowering, lowerScalar(lowering, REGISTERS)), end));
  });
}

/**
 * Removes the mark that an earlier call of the thread, or of one with the same id, has left. The
 * program that runs before an exec cannot tell by the registers whose mark it finds.
 */
export function lowerUnmark(lowering: Lowering, mark: number): void {
  lowering.emitter.comment("no mark of an earlier call");
  lowering.frame.with(DEFERRED_KEY_BYTES, (slot) => {
    const key = onStack(slot);
    writeKey(lowering, key, mark);
    removeMark(lowering, key);
  });
}

function removeMark(lowering: Lowering, key: MemoryPlace): void {
  lowering.emitter.call("map_delete_elem", toMap(lowering, DEFERRED_MAP), addressOf(lowering, key));
}

function writeKey(lowering: Lowering, { base, offset }: MemoryPlace, mark: number): void {
  const { emitter } = lowering;
  const thread = emitter.register();
  emitter.emit(move(thread, threadId(lowering)));
  emitter.emit(store(4, base, offset, thread), store(4, base, offset + 4, immediate(mark)));
}
