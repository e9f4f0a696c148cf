import type { Bytes, Value } from "../../check/typed-expression.ts";
import { R0, alu, immediate, jump, move, store } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import { SCRATCH_CURSOR, SCRATCH_RECORD } from "../maps.ts";
import { TEXT_CUT, type PlacedColumn, type RecordLayout } from "../object-spec.ts";
import { atMost, callReadString, writeBytes } from "./bytes.ts";
import { choose } from "./choose.ts";
import { isComposed, writeComposed, type Composed } from "./composed.ts";
import { writeColumn, writeGaps } from "./columns.ts";
import { advance, loadCursor, placeAtCursor } from "./cursor.ts";
import { helperResult } from "./helper-result.ts";
import { addressOf, branch } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { lowerScalar } from "./values.ts";
import { acquireScratch, releaseScratch } from "./scratch.ts";
import { count, countAndGo, stateBase, toMap } from "./state.ts";

/** Builds a record whose strings take only their own length, then copies it into the ring. */
export function emitPacked(lowering: Lowering, fields: readonly Value[], record: RecordLayout): void {
  const { emitter } = lowering;
  stateBase(lowering);
  const time = helperResult(lowering, "boot_ns");
  const done = emitter.label("emitted");
  const scratch = acquireScratch(lowering, done);
  const start: Place = { base: scratch, offset: SCRATCH_RECORD };
  emitter.emit(store(8, scratch, SCRATCH_RECORD, time));
  emitter.emit(store(8, scratch, SCRATCH_CURSOR, immediate(8 + record.fixedBytes)));
  writeGaps(lowering, record.columns, start, 8, 8 + record.fixedBytes);
  fields.forEach((field, index) => {
    const column = record.columns[index];
    if (column === undefined) throw new Error("more values than columns");
    if (column.column.type.kind === "string" && "bytes" in field)
      appendColumn(lowering, field.bytes, column, scratch, record);
    else writeColumn(lowering, field, column, start);
  });
  output(lowering, record, scratch, done);
  emitter.place(done);
}

/** Appends a string at the cursor and writes its length into the column's place. */
function appendColumn(
  lowering: Lowering,
  bytes: Bytes,
  column: PlacedColumn,
  scratch: Register,
  record: RecordLayout,
): void {
  const { emitter } = lowering;
  const lengthPlace: Place = { base: scratch, offset: SCRATCH_RECORD + column.offset };
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, immediate(0)));
  // an append ends early where the record is full
  branch(lowering, () => {
    append(lowering, bytes, scratch, record, lengthPlace);
  });
}

function append(lowering: Lowering, bytes: Bytes, scratch: Register, record: RecordLayout, lengthPlace: Place): void {
  if (bytes.op === "choose") {
    choose(lowering, bytes.test, (chosen) => {
      append(lowering, chosen ? bytes.then : bytes.otherwise, scratch, record, lengthPlace);
    });
  } else if (isComposed(bytes)) appendComposed(lowering, bytes, scratch, record, lengthPlace);
  else if (bytes.op === "string") appendString(lowering, bytes, scratch, record, lengthPlace);
  else if (bytes.op === "memory") appendBuffer(lowering, bytes, scratch, record, lengthPlace);
  else appendFixed(lowering, bytes, scratch, record, lengthPlace);
}

function appendString(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "string" }>,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: Place,
): void {
  const { emitter } = lowering;
  const done = emitter.label("appended");
  callReadString(lowering, bytes, placeAtCursor(lowering, scratch, record, done), bytes.bytes);
  // an error is a great number when it is read as unsigned
  emitter.emit(jump(R0, ">", immediate(bytes.bytes), countAndGo(lowering, "faulted", done)));
  const length = emitter.copy(R0);
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, length));
  advance(lowering, scratch, length);
  emitter.place(done);
}

/** A path or arguments; of what had to be cut the length is marked. */
function appendComposed(
  lowering: Lowering,
  bytes: Composed,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: Place,
): void {
  const { emitter } = lowering;
  const done = emitter.label("appended");
  const cut = emitter.copy(immediate(0));
  const place = placeAtCursor(lowering, scratch, record, done);
  const length = writeComposed(lowering, bytes, place, bytes.bytes, cut);
  advance(lowering, scratch, length);
  emitter.emit(alu(cut, "|", length), store(4, lengthPlace.base, lengthPlace.offset, cut));
  emitter.place(done);
}

/** Bytes that are no text: all of them, or as many as the rule says, of which the length is marked where there was no room for more. */
function appendBuffer(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "memory" }>,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: Place,
): void {
  const { emitter } = lowering;
  const address = lowerScalar(lowering, bytes.address);
  const wanted = emitter.copy(
    bytes.length === undefined ? immediate(bytes.bytes) : lowerScalar(lowering, bytes.length),
  );
  const done = emitter.label("appended");
  const marked = emitter.copy(wanted);
  const fits = emitter.label("fits");
  emitter.emit(jump(marked, "<=", immediate(bytes.bytes), fits), move(marked, immediate(TEXT_CUT | bytes.bytes)));
  emitter.place(fits);
  const place = placeAtCursor(lowering, scratch, record, done);
  const length = atMost(lowering, wanted, bytes.bytes);
  emitter.call(`probe_read_${bytes.space}`, addressOf(lowering, place), length, address);
  emitter.emit(jump(R0, "!=", immediate(0), countAndGo(lowering, "faulted", done)));
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, marked), alu(marked, "&", immediate(~TEXT_CUT)));
  advance(lowering, scratch, marked);
  emitter.place(done);
}

/** A string of fixed size, such as a comm, with its zeros. */
function appendFixed(
  lowering: Lowering,
  bytes: Exclude<Bytes, { readonly op: "string" | "path" | "arguments" | "memory" | "choose" }>,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: Place,
): void {
  const { emitter } = lowering;
  const done = emitter.label("appended");
  writeBytes(lowering, bytes, placeAtCursor(lowering, scratch, record, done), bytes.bytes, true);
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, immediate(bytes.bytes)));
  advance(lowering, scratch, emitter.copy(immediate(bytes.bytes)));
  emitter.place(done);
}

function output(lowering: Lowering, record: RecordLayout, scratch: Register, done: Label): void {
  const { emitter } = lowering;
  const released = emitter.label("released");
  const result = emitter.copy(immediate(-1));
  const bytes = loadCursor(lowering, scratch, record, released);
  const from = emitter.copy(scratch);
  emitter.emit(alu(from, "+", immediate(SCRATCH_RECORD)));
  emitter.call("ringbuf_output", toMap(lowering, record.map), from, bytes, immediate(0));
  emitter.emit(move(result, R0));
  emitter.place(released);
  releaseScratch(lowering, scratch);
  emitter.emit(jump(result, "s<", immediate(0), countAndGo(lowering, "lost_ring", done)));
  count(lowering, "emitted");
}
