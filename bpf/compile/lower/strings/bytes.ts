import { MARK_BYTES } from "../../../check/marked-text.ts";
import type { Bytes, Scalar } from "../../../check/typed-expression.ts";
import { FRAME, R0, alu, goTo, immediate, jump, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { sharedComm } from "../../fuse/shared-frame.ts";
import { atMost } from "./at-most.ts";
import { writeLength } from "./buffer-mark.ts";
import { choose } from "../values/choose.ts";
import { joinArguments } from "./join-arguments.ts";
import { writeComposed } from "./composed.ts";
import { addressOf, onStack, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { alignmentOf, copyMemory, writeConstant, writeZeros } from "../values/memory.ts";
import { writeProbeName } from "./probe-name.ts";
import { isMarked, keptMark, markedRoom, markUnreadable, markWhereCut, type MarkedRoom } from "./text-mark.ts";
import { clearFailed, faultWhere, readsUser, takeFailed } from "../unreadable.ts";
import { lowerScalar } from "../values.ts";

/**
 * Up to this many bytes of a tracepoint's record are copied by loads and stores; more take a helper
 * call.
 */
export const COPIED_INLINE = 64;

/**
 * Writes a value of fixed size to `place`, at most `room` bytes. With `fill` everything up to
 * `room` is written, as keys and records need. Without it, bytes after a string's NUL are
 * undefined.
 */
export function writeBytes(lowering: Lowering, bytes: Bytes, place: MemoryPlace, room: number, fill: boolean): void {
  switch (bytes.op) {
    case "literal":
      writeConstant(lowering, place, bytes.value.subarray(0, room), fill ? room : Math.min(bytes.bytes, room));
      return;
    case "string":
      writeString(lowering, bytes, place, room, fill);
      if (bytes.joins) joinArguments(lowering, place, Math.min(bytes.bytes, room));
      return;
    case "choose":
      choose(lowering, bytes.test, (chosen) => {
        writeBytes(lowering, chosen ? bytes.then : bytes.otherwise, place, room, fill);
      });
      return;
    case "path":
    case "arguments":
      if (fill) writeZeros(lowering, place, room);
      if (isMarked(bytes) && fill)
        writeComposed(lowering, bytes, place, { marked: markedRoom(place, bytes.bytes, room) });
      else writeComposed(lowering, bytes, place, { room: Math.min(bytes.bytes, room) });
      return;
    default:
      writeBuffer(lowering, bytes, place, room, fill);
  }
}

function writeString(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "string" }>,
  place: MemoryPlace,
  room: number,
  fill: boolean,
): void {
  if (!isMarked(bytes) && copyKept(lowering, bytes, place, room)) return;
  // the helper leaves the bytes after the NUL unchanged
  if (fill) writeZeros(lowering, place, room);
  if (isMarked(bytes) && fill) readMarked(lowering, bytes, markedRoom(place, bytes.bytes, room));
  else readString(lowering, bytes, place, Math.min(bytes.bytes, room));
}

function writeBuffer(
  lowering: Lowering,
  bytes: Parameters<typeof writeFixed>[1],
  place: MemoryPlace,
  room: number,
  fill: boolean,
): void {
  if (bytes.op !== "memory" || !copyKept(lowering, bytes, place, room)) {
    writeFixed(lowering, bytes, place);
    if (fill && room > bytes.bytes) writeZeros(lowering, placeAfter(place, bytes.bytes), room - bytes.bytes);
  }
  if (fill && bytes.op === "memory" && bytes.holdsLength)
    writeLength(lowering, bytes, placeAfter(place, room - MARK_BYTES));
}

/**
 * Copies kept bytes without a helper, with zeros up to `room`. Returns false if the bytes are not
 * kept, are many, or must be cut, which only the helper does.
 */
function copyKept(
  lowering: Lowering,
  { address, bytes }: Extract<Bytes, { readonly op: "string" | "memory" }>,
  place: MemoryPlace,
  room: number,
): boolean {
  const kept = address.op === "variable" ? lowering.kept.get(address.variable) : undefined;
  if (kept?.bytes !== bytes || bytes > COPIED_INLINE || bytes > room) return false;
  // also copies whether it could be read when it was kept
  lowerScalar(lowering, address);
  copyMemory(lowering, place, kept.place, bytes);
  if (room > bytes) writeZeros(lowering, placeAfter(place, bytes), room - bytes);
  return true;
}

/**
 * Calls bpf_probe_read_*_str, which leaves zeros when it faults. Returns the address; the length or
 * the error is in r0.
 */
export function callReadString(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "string" }>,
  place: MemoryPlace,
  room: number,
): Register {
  const address = lowerScalar(lowering, bytes.address);
  const to = addressOf(lowering, place);
  lowering.emitter.call(`probe_read_${bytes.space}_str`, to, immediate(room), address);
  return address;
}

function readString(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "string" }>,
  place: MemoryPlace,
  room: number,
): void {
  const address = callReadString(lowering, bytes, place, room);
  faultWhere(lowering, "s<", bytes.space, address);
}

/** Reads a string whose room ends with a mark. The mark itself says if it could not be read. */
function readMarked(lowering: Lowering, bytes: Extract<Bytes, { readonly op: "string" }>, room: MarkedRoom): void {
  const { emitter, unreadable } = lowering;
  const marked = emitter.label("text_marked");
  const before = unreadable && emitter.copy(unreadable.failed);
  clearFailed(lowering);
  const address = callReadString(lowering, bytes, room.place, room.limit);
  const length = emitter.copy(R0);
  const mark = (): void => {
    markUnreadable(lowering, room);
  };
  faultWhere(lowering, "s<", bytes.space, address, mark);
  const failed = readsUser(lowering, bytes.address) ? takeFailed(lowering) : undefined;
  if (unreadable !== undefined && before !== undefined) emitter.emit(move(unreadable.failed, before));
  if (failed !== undefined) markWhereFailed(lowering, failed, mark, marked);
  const kept = bytes.address.op === "variable" ? lowering.kept.get(bytes.address.variable) : undefined;
  const { markAt } = bytes;
  const already = kept && markAt !== undefined ? () => keptMark(lowering, placeAfter(kept.place, markAt)) : undefined;
  markWhereCut(lowering, room, { address: () => address, length, space: bytes.space, ...(already && { already }) });
  emitter.place(marked);
}

function markWhereFailed({ emitter }: Lowering, failed: Register, mark: () => void, marked: Label): void {
  const known = emitter.label("address_known");
  emitter.emit(jump(failed, "==", immediate(0), known));
  mark();
  emitter.emit(goTo(marked));
  emitter.place(known);
}

function writeFixed(
  lowering: Lowering,
  bytes: Extract<
    Bytes,
    { readonly op: "memory" | "context-bytes" | "comm" | "characters" | "mapped-v4" | "probe-name" }
  >,
  place: MemoryPlace,
): void {
  switch (bytes.op) {
    case "memory":
      readBuffer(lowering, bytes, place);
      return;
    case "context-bytes":
      copyFromContext(lowering, bytes.offset, place, bytes.bytes);
      return;
    case "probe-name":
      writeProbeName(lowering, bytes, place);
      return;
    case "comm":
      writeComm(lowering, place);
      return;
    case "characters":
      writeCharacters(lowering, bytes.value, place);
      return;
    case "mapped-v4":
      // ::ffff:a.b.c.d: ten bytes of 0, two of 0xff, the address
      writeConstant(lowering, place, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]), 12);
      lowering.emitter.emit(store(4, place.base, place.offset + 12, lowerScalar(lowering, bytes.value)));
  }
}

function writeCharacters(lowering: Lowering, value: Scalar, place: MemoryPlace): void {
  const { emitter } = lowering;
  const word = emitter.copy(lowerScalar(lowering, value));
  const width = alignmentOf(place.offset);
  for (let offset = 0; offset < 8; offset += width) {
    emitter.emit(store(width, place.base, place.offset + offset, word));
    if (offset + width < 8) emitter.emit(alu(word, ">>", immediate(8 * width)));
  }
  writeZeros(lowering, placeAfter(place, 8), 8);
}

/** Reads a buffer. If only a part of it can be read, zeros follow that part. */
function readBuffer(lowering: Lowering, bytes: Extract<Bytes, { readonly op: "memory" }>, place: MemoryPlace): void {
  const { emitter } = lowering;
  const address = lowerScalar(lowering, bytes.address);
  if (bytes.length === undefined) {
    readMemory(lowering, bytes.space, place, bytes.bytes, { base: address, offset: 0 });
    return;
  }
  const length = lowerScalar(lowering, bytes.length);
  writeZeros(lowering, place, bytes.bytes);
  const bounded = atMost(lowering, length, bytes.bytes);
  emitter.call(`probe_read_${bytes.space}`, addressOf(lowering, place), bounded, address);
  faultWhere(lowering, "!=", bytes.space, address);
}

function readMemory(
  lowering: Lowering,
  space: "kernel" | "user",
  place: MemoryPlace,
  bytes: number,
  from: MemoryPlace,
): void {
  const { emitter } = lowering;
  emitter.call(`probe_read_${space}`, addressOf(lowering, place), immediate(bytes), addressOf(lowering, from));
  faultWhere(lowering, "!=", space, from.base);
}

/** Copies bytes of the context. The verifier allows only aligned loads from it. */
function copyFromContext(lowering: Lowering, offset: number, place: MemoryPlace, bytes: number): void {
  const from = { base: lowering.context, offset };
  if (bytes <= COPIED_INLINE && alignmentOf(offset) >= 4) copyMemory(lowering, place, from, bytes);
  else readMemory(lowering, "kernel", place, bytes, from);
}

/**
 * Writes the comm, which is asked for once in a run. If the first one was written to the stack, the
 * next ones are copies. Kernels around 6.1 leave old bytes after its NUL (bpf_get_current_comm by
 * strscpy), which would make several keys of one name. So zeros are written first.
 */
function writeComm(lowering: Lowering, place: MemoryPlace): void {
  const { cache, emitter, isFused } = lowering;
  const known = isFused ? cache.get("comm", () => sharedComm(emitter)) : cache.find("comm");
  if (known !== undefined) {
    copyMemory(lowering, place, onStack(known), 16);
    return;
  }
  writeZeros(lowering, place, 16);
  emitter.call("get_current_comm", addressOf(lowering, place), immediate(16));
  if (place.base === FRAME) cache.get("comm", () => place.offset);
}
