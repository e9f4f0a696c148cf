import type { Step } from "../../check/checked-program.ts";
import { immediate, jump, store } from "../instruction.ts";
import type { RecordLayout } from "../object-spec.ts";
import { writeColumn, writeGaps } from "./columns.ts";
import { helperResult } from "./helper-result.ts";
import { branch } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { emitPacked } from "./packed-record.ts";
import { count, countAndGo, stateBase, toMap } from "./state.ts";

type Emit = Extract<Step, { readonly do: "emit" }>;

/** Sends a record to the ring. */
export function lowerEmit(lowering: Lowering, step: Emit): void {
  const { record } = lowering.layout;
  if (record === undefined) throw new Error("a rule without a record emits one");
  // a record may find no room, so what its fields compute is not known behind it
  branch(lowering, () => {
    if (record.packed) emitPacked(lowering, step.fields, record);
    else emitInPlace(lowering, step, record);
  });
}

/** Reserves room in the ring, writes every byte of it and submits: nothing is copied. */
function emitInPlace(lowering: Lowering, step: Emit, record: RecordLayout): void {
  const { emitter } = lowering;
  // a reservation must be given back on every way out, so what can end the run comes before it
  stateBase(lowering);
  const time = helperResult(lowering, "boot_ns");
  const done = emitter.label("emitted");
  emitter.comment("record");
  const toRing = toMap(lowering, record.map);
  const base = emitter.callFor("ringbuf_reserve", toRing, immediate(record.maxBytes), immediate(0));
  emitter.emit(jump(base, "==", immediate(0), countAndGo(lowering, "lost_ring", done)));
  const start: Place = { base, offset: 0 };
  emitter.emit(store(8, base, 0, time));
  writeGaps(lowering, record.columns, start, 8, 8 + record.fixedBytes);
  step.fields.forEach((field, index) => {
    const column = record.columns[index];
    if (column !== undefined) writeColumn(lowering, field, column, start);
  });
  emitter.call("ringbuf_submit", base, immediate(0));
  count(lowering, "emitted");
  emitter.place(done);
}
