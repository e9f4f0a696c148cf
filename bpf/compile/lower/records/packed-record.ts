import type { Step } from "../../../check/checked-program.ts";
import type { Bytes } from "../../../check/typed-expression.ts";
import { R0, alu, goTo, immediate, jump, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { SCRATCH_CURSOR, SCRATCH_RECORD } from "../../maps.ts";
import { MARK_HASH_BITS, TEXT_CUT, type PlacedColumn, type RecordLayout } from "../../object-spec.ts";
import { atMost } from "../strings/at-most.ts";
import { callReadString, writeBytes } from "../strings/bytes.ts";
import { choose } from "../values/choose.ts";
import { isComposed, writeComposed, type Composed } from "../strings/composed.ts";
import { writeColumn, writeGaps } from "./columns.ts";
import { advance, loadCursor, placeAtCursor } from "./cursor.ts";
import { deferWhere } from "../deferred.ts";
import { helperResult } from "../values/helper-result.ts";
import { addressOf, branch, coldBranch, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { lowerScalar } from "../values.ts";
import { writeFields } from "./record-fields.ts";
import { noteFault } from "../unreadable.ts";
import { chargeBytes, type RecordShare } from "./record-share.ts";
import { acquireScratch, releaseScratch } from "../scratch.ts";
import { count, countAndGo, toMap } from "../state.ts";
import { keptMark } from "../strings/text-mark.ts";

/** Builds a record whose strings take only their own length, then copies it into the ring. */
export function emitPacked(
  lowering: Lowering,
  { fields, defers }: Extract<Step, { readonly do: "emit" }>,
  record: RecordLayout,
  share: RecordShare | undefined,
  done: Label,
): void {
  const { emitter } = lowering;
  const time = helperResult(lowering, "boot_ns");
  const scratch = acquireScratch(lowering, done);
  const start: MemoryPlace = { base: scratch, offset: SCRATCH_RECORD };
  emitter.emit(store(8, scratch, SCRATCH_RECORD, time));
  emitter.emit(store(8, scratch, SCRATCH_CURSOR, immediate(8 + record.fixedBytes)));
  writeGaps(lowering, record.columns, start, 8, 8 + record.fixedBytes);
  const failures = writeFields(lowering, fields, record, start, (field, column) => {
    if (column.column.type.kind === "string" && "bytes" in field)
      appendColumn(lowering, field.bytes, column, scratch, record);
    else writeColumn(lowering, field, column, start);
  });
  if (failures !== undefined && defers !== undefined)
    deferWhere(lowering, failures, defers, () => {
      releaseScratch(lowering, scratch);
    });
  output(lowering, record, scratch, share, done);
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
  const lengthPlace: MemoryPlace = { base: scratch, offset: SCRATCH_RECORD + column.offset };
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, immediate(0)));
  // an append ends early if the record is full
  branch(lowering, () => {
    append(lowering, bytes, scratch, record, lengthPlace);
  });
}

function append(
  lowering: Lowering,
  bytes: Bytes,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: MemoryPlace,
): void {
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
  lengthPlace: MemoryPlace,
): void {
  const { emitter } = lowering;
  const done = emitter.label("appended");
  const address = callReadString(lowering, bytes, placeAtCursor(lowering, scratch, record, done), bytes.bytes);
  // an error is a large number when it is read as unsigned
  emitter.emit(jump(R0, ">", immediate(bytes.bytes), faulted(lowering, bytes.space, address, done)));
  const length = emitter.copy(R0);
  advance(lowering, scratch, length);
  const mark = markOfKept(lowering, bytes);
  if (mark !== undefined) emitter.emit(alu(length, "|", cutBit(lowering, mark)));
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, length));
  emitter.place(done);
}

/** Returns the mark of a kept string, or undefined if the span keeps no mark. */
function markOfKept(
  lowering: Lowering,
  { address, markAt }: Extract<Bytes, { readonly op: "string" | "memory" }>,
): Register | undefined {
  const kept = address.op === "variable" ? lowering.kept.get(address.variable) : undefined;
  return kept && markAt !== undefined ? keptMark(lowering, placeAfter(kept.place, markAt)) : undefined;
}

/** Returns TEXT_CUT if a mark says that a string was cut. */
function cutBit({ emitter }: Lowering, mark: Register): Register {
  const cut = emitter.copy(mark);
  emitter.emit(alu(cut, ">>", immediate(MARK_HASH_BITS)), alu(cut, "&", immediate(1)));
  emitter.emit(alu(cut, "<<", immediate(31)));
  return cut;
}

const faulted = (lowering: Lowering, space: "kernel" | "user", address: Register, done: Label): Label =>
  coldBranch(lowering, "faulted", () => {
    if (space === "user") noteFault(lowering, address);
    count(lowering, "faulted", done);
    lowering.emitter.emit(goTo(done));
  });

/** Appends a path or arguments. If they had to be cut, their length is marked. */
function appendComposed(
  lowering: Lowering,
  bytes: Composed,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: MemoryPlace,
): void {
  const { emitter } = lowering;
  const done = emitter.label("appended");
  const cut = emitter.copy(immediate(0));
  const place = placeAtCursor(lowering, scratch, record, done);
  const length = writeComposed(lowering, bytes, place, { room: bytes.bytes, cut });
  advance(lowering, scratch, length);
  emitter.emit(alu(cut, "|", length), store(4, lengthPlace.base, lengthPlace.offset, cut));
  emitter.place(done);
}

/**
 * Appends bytes that are not text: all of them, or as many as the rule says. Their length is marked
 * if there was no room for more.
 */
function appendBuffer(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "memory" }>,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: MemoryPlace,
): void {
  const { emitter } = lowering;
  const address = lowerScalar(lowering, bytes.address);
  const wanted = wantedOf(lowering, bytes);
  const done = emitter.label("appended");
  const marked = emitter.copy(wanted);
  const fits = emitter.label("fits");
  emitter.emit(jump(marked, "<=", immediate(bytes.bytes), fits), move(marked, immediate(TEXT_CUT | bytes.bytes)));
  emitter.place(fits);
  const place = placeAtCursor(lowering, scratch, record, done);
  const length = atMost(lowering, wanted, bytes.bytes);
  emitter.call(`probe_read_${bytes.space}`, addressOf(lowering, place), length, address);
  emitter.emit(jump(R0, "!=", immediate(0), faulted(lowering, bytes.space, address, done)));
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, marked), alu(marked, "&", immediate(~TEXT_CUT)));
  advance(lowering, scratch, marked);
  emitter.place(done);
}

/** Returns how many bytes a buffer has. This is more than its room if it was cut. */
function wantedOf(lowering: Lowering, bytes: Extract<Bytes, { readonly op: "memory" }>): Register {
  const { emitter } = lowering;
  const mark = markOfKept(lowering, bytes);
  if (mark === undefined)
    return emitter.copy(bytes.length === undefined ? immediate(bytes.bytes) : lowerScalar(lowering, bytes.length));
  // the length plus one; 0 if all starts of the span keep the same number
  const wanted = emitter.copy(mark);
  const known = emitter.label("length_known");
  emitter.emit(alu(wanted, "-", immediate(1)), jump(mark, "!=", immediate(0), known));
  emitter.emit(move(wanted, immediate(bytes.bytes)));
  emitter.place(known);
  return wanted;
}

/** Appends a string of fixed size, such as a comm, with its zeros. */
function appendFixed(
  lowering: Lowering,
  bytes: Exclude<Bytes, { readonly op: "string" | "path" | "arguments" | "memory" | "choose" }>,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: MemoryPlace,
): void {
  const { emitter } = lowering;
  const done = emitter.label("appended");
  writeBytes(lowering, bytes, placeAtCursor(lowering, scratch, record, done), bytes.bytes, true);
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, immediate(bytes.bytes)));
  advance(lowering, scratch, emitter.copy(immediate(bytes.bytes)));
  emitter.place(done);
}

function output(
  lowering: Lowering,
  record: RecordLayout,
  scratch: Register,
  share: RecordShare | undefined,
  done: Label,
): void {
  const { emitter } = lowering;
  const released = emitter.label("released");
  const result = emitter.copy(immediate(-1));
  const bytes = loadCursor(lowering, scratch, record, released);
  if (share !== undefined) chargeBytes(lowering, share, bytes);
  const from = emitter.copy(scratch);
  emitter.emit(alu(from, "+", immediate(SCRATCH_RECORD)));
  emitter.call("ringbuf_output", toMap(lowering, record.map), from, bytes, immediate(0));
  emitter.emit(move(result, R0));
  emitter.place(released);
  releaseScratch(lowering, scratch);
  emitter.emit(jump(result, "s<", immediate(0), countAndGo(lowering, "lost_ring", done)));
  count(lowering, "emitted");
}
