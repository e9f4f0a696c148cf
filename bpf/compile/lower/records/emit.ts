import type { Scalar } from "../../../check/typed-expression.ts";
import type { Step } from "../../../check/checked-program.ts";
import { immediate, jump, store } from "../../instruction.ts";
import type { Label } from "../../instruction.ts";
import type { RecordLayout } from "../../object-spec.ts";
import { writeColumn, writeGaps } from "./columns.ts";
import { deferWhere } from "../deferred.ts";
import { helperResult } from "../values/helper-result.ts";
import { branch } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { writeFields } from "./record-fields.ts";
import { takeRecord } from "./record-share.ts";
import { emitPacked } from "./packed-record.ts";
import { count, countAndGo, stateBase, toMap } from "../state.ts";

type Emit = Extract<Step, { readonly do: "emit" }>;

/** 0: the running thread caused the event. */
const RUNNING: Scalar = { op: "constant", value: 0n };

/** Sends a record to the ring. */
export function lowerEmit(lowering: Lowering, step: Emit): void {
  const { record } = lowering.layout;
  if (record === undefined) throw new Error("a rule without a record emits one");
  // a record may find no room, so values that its fields compute are not known after it
  branch(lowering, () => {
    const done = lowering.emitter.label("emitted");
    // a reservation must be returned on every way out, so code that can end the run comes before it
    stateBase(lowering);
    const { recordRate } = lowering.program;
    const share =
      recordRate === undefined ? undefined : takeRecord(lowering, record, step.byChance ?? RUNNING, recordRate, done);
    if (record.packed) emitPacked(lowering, step, record, share, done);
    else emitInPlace(lowering, step, record, done);
    lowering.emitter.place(done);
  });
}

/** Reserves room in the ring, writes every byte of it and submits it: nothing is copied. */
function emitInPlace(lowering: Lowering, step: Emit, record: RecordLayout, done: Label): void {
  const { emitter } = lowering;
  const time = helperResult(lowering, "boot_ns");
  emitter.comment("record");
  const toRing = toMap(lowering, record.map);
  const base = emitter.callFor("ringbuf_reserve", toRing, immediate(record.maxBytes), immediate(0));
  emitter.emit(jump(base, "==", immediate(0), countAndGo(lowering, "lost_ring", done)));
  const start: MemoryPlace = { base, offset: 0 };
  emitter.emit(store(8, base, 0, time));
  writeGaps(lowering, record.columns, start, 8, 8 + record.fixedBytes);
  const failures = writeFields(lowering, step.fields, record, start, (field, column) => {
    writeColumn(lowering, field, column, start);
  });
  if (failures !== undefined && step.defers !== undefined)
    deferWhere(lowering, failures, step.defers, () => {
      emitter.call("ringbuf_discard", base, immediate(0));
    });
  emitter.call("ringbuf_submit", base, immediate(0));
  count(lowering, "emitted");
}
