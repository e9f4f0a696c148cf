import { alu, immediate, jump, load, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { SCRATCH_CURSOR, SCRATCH_RECORD } from "../../maps.ts";
import type { RecordLayout } from "../../object-spec.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";

/**
 * Loads the cursor and bounds it again. The verifier treats every value loaded from a map as
 * unknown, and before 5.12 each spilled one, so the cursor must be used at once. `full` is never
 * reached.
 */
export function loadCursor({ emitter }: Lowering, scratch: Register, record: RecordLayout, full: Label): Register {
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, scratch, SCRATCH_CURSOR), jump(cursor, ">", immediate(record.maxBytes), full));
  return cursor;
}

/** Returns the place in the record that the cursor points at. */
export function placeAtCursor(lowering: Lowering, scratch: Register, record: RecordLayout, full: Label): MemoryPlace {
  const { emitter } = lowering;
  const cursor = loadCursor(lowering, scratch, record, full);
  const base = emitter.copy(scratch);
  emitter.emit(alu(base, "+", cursor));
  return { base, offset: SCRATCH_RECORD };
}

/** Moves the cursor past what was written. */
export function advance({ emitter }: Lowering, scratch: Register, length: Register): void {
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, scratch, SCRATCH_CURSOR), alu(cursor, "+", length));
  emitter.emit(store(8, scratch, SCRATCH_CURSOR, cursor));
}
