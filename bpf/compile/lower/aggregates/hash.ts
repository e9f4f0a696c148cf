import { MARK_BYTES } from "../../../check/marked-text.ts";
import type { Bytes } from "../../../check/typed-expression.ts";
import { alu, immediate, load } from "../../instruction.ts";
import type { Label, Operand, Register } from "../../instruction.ts";
import { KEY_BYTES_ON_STACK, SCRATCH_RECORD } from "../../maps.ts";
import { HASH_LAST_SHIFT, HASH_START, HASH_STEPS, HASH_WORD } from "../../registers.ts";
import { writeBytes } from "../strings/bytes.ts";
import { holdsComposed } from "../strings/composed.ts";
import { lowerConstant } from "../values/constant.ts";
import { onStack, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { acquireScratch, releaseScratch, releasing } from "../scratch.ts";
import { stateBase } from "../state.ts";
import { isMarked, markedUnreadable } from "../strings/text-mark.ts";
import { failAs, readsUser } from "../unreadable.ts";

/** Returns 64 bits that look random, the same for equal numbers. */
export function hashNumber({ emitter }: Lowering, value: Operand): Register {
  const hash = emitter.copy(value);
  emitter.comment("hash");
  emitter.emit(alu(hash, "+", lowerConstant(emitter, HASH_START)));
  finish(emitter, hash);
  return hash;
}

/**
 * Hashes bytes as `hashNumber` does. They are padded with zeros up to `room`, whole words. Goes to
 * `done` if there is no memory for them. Records if they could not be read.
 */
export function hashBytes(lowering: Lowering, bytes: Bytes, room: number, done: Label): Register {
  if (room <= KEY_BYTES_ON_STACK) {
    // never released, since a comm in it may be copied later
    return hashAt({ ...lowering, noRoom: done }, bytes, onStack(lowering.frame.allocate(room)), room);
  }
  // code that can end the run comes before the entry is acquired
  stateBase(lowering);
  const base = acquireScratch(lowering, done);
  const inScratch = holdsComposed(bytes) ? { ...lowering, noRoom: releasing(lowering, base, done) } : lowering;
  const hash = hashAt(inScratch, bytes, { base, offset: SCRATCH_RECORD }, room);
  releaseScratch(lowering, base);
  return hash;
}

function hashAt(lowering: Lowering, bytes: Bytes, place: MemoryPlace, room: number): Register {
  const { emitter } = lowering;
  writeBytes(lowering, bytes, place, room, true);
  if (endsWithMark(bytes) && readsUser(lowering, bytes))
    failAs(lowering, markedUnreadable(lowering, placeAfter(place, room - MARK_BYTES)));
  emitter.comment("hash");
  const hash = emitter.constant(HASH_START);
  const factor = lowerConstant(emitter, HASH_WORD.factor);
  for (let offset = 0; offset < room; offset += 8) {
    const word = emitter.register();
    emitter.emit(load(8, word, place.base, place.offset + offset), alu(hash, "^", word), alu(hash, "*", factor));
    mix(emitter, hash, HASH_WORD.shift);
  }
  finish(emitter, hash);
  return hash;
}

function endsWithMark(bytes: Bytes): boolean {
  if (bytes.op === "choose") return endsWithMark(bytes.then) || endsWithMark(bytes.otherwise);
  return bytes.op === "memory" ? bytes.holdsLength === true : isMarked(bytes);
}

function finish(emitter: Lowering["emitter"], hash: Register): void {
  for (const { shift, factor } of HASH_STEPS) {
    mix(emitter, hash, shift);
    emitter.emit(alu(hash, "*", lowerConstant(emitter, factor)));
  }
  mix(emitter, hash, HASH_LAST_SHIFT);
}

/** hash ^= hash >> shift */
function mix(emitter: Lowering["emitter"], hash: Register, shift: number): void {
  const shifted = emitter.copy(hash);
  emitter.emit(alu(shifted, ">>", immediate(shift)), alu(hash, "^", shifted));
}
