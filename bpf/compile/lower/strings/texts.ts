import type { Bytes } from "../../../check/typed-expression.ts";
import { immediate, jump } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { SCRATCH_MAP, SCRATCH_RECORD } from "../../maps.ts";
import { writeBytes } from "./bytes.ts";
import { holdsComposed } from "./composed.ts";
import { branch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { acquireEntry, releaseScratch, releasing } from "../scratch.ts";
import { settle } from "./settle.ts";
import { lookUp } from "../state.ts";
import { COMPOSED_BYTES } from "./workspace.ts";

/**
 * A string in memory that a loop can run over. It is NUL-terminated within `room`, which is a
 * multiple of 16.
 */
export interface Text {
  readonly place: MemoryPlace;
  readonly room: number;
  /**
   * the number of the entry of `scratch` that holds it, for functions: the first text is at the
   * entry's start, the next one `TEXT_ROOM` after it
   */
  readonly entry?: Register;
}

/** The room of each text in `scratch`: no string is longer. */
export const TEXT_ROOM = COMPOSED_BYTES;

/**
 * Returns the texts of an entry of `scratch`, within a function. Goes to the function's end if
 * there is no such entry (never).
 */
export function textsOf(lowering: Lowering, entry: Register): readonly [Text, Text] {
  const base = lookUp(lowering, SCRATCH_MAP, entry);
  lowering.emitter.emit(jump(base, "==", immediate(0), lowering.end));
  const text = (index: number): Text => ({
    place: { base, offset: SCRATCH_RECORD + index * TEXT_ROOM },
    room: TEXT_ROOM,
  });
  return [text(0), text(1)];
}

const roomOf = (bytes: number): number => (bytes + 15) & ~15;

/**
 * Strings of at most this many bytes together are put on the stack; longer ones take an entry of
 * `scratch`.
 */
const STACK_TEXT_BYTES = 64;

/**
 * Puts strings into memory, runs `body`, and releases the memory. `body` must continue at its end
 * whatever it finds. Goes to `failed` if there was no memory, which is counted.
 */
export function withTexts(
  lowering: Lowering,
  texts: readonly Bytes[],
  failed: Label,
  body: (texts: readonly Text[]) => void,
): void {
  const ready = texts.map((bytes) => settle(lowering, bytes));
  const total = ready.reduce((sum, { bytes }) => sum + roomOf(bytes), 0);
  branch(lowering, () => {
    if (total <= STACK_TEXT_BYTES) onStackFor({ ...lowering, noRoom: failed }, ready, total, body);
    else inScratchFor(lowering, ready, failed, body);
  });
}

function onStackFor(
  lowering: Lowering,
  texts: readonly Bytes[],
  total: number,
  body: (texts: readonly Text[]) => void,
): void {
  lowering.frame.with(total, (slot) => {
    // kernels before 6.3 let no program read bytes that it never wrote
    body(write(lowering, texts, onStack(slot)));
  });
}

function inScratchFor(
  lowering: Lowering,
  texts: readonly Bytes[],
  failed: Label,
  body: (texts: readonly Text[]) => void,
): void {
  lowering.needs.scratch(texts.length * TEXT_ROOM);
  const { entry, base } = acquireEntry(lowering, failed);
  const holds = texts.some((bytes) => holdsComposed(bytes));
  const inScratch = holds ? { ...lowering, noRoom: releasing(lowering, base, failed) } : lowering;
  const written = texts.map((bytes, index): Text => {
    if (bytes.bytes > TEXT_ROOM) throw new Error("a string is longer than any can be");
    const place = { base, offset: SCRATCH_RECORD + index * TEXT_ROOM };
    writeBytes(inScratch, bytes, place, bytes.bytes, false);
    return { place, room: roomOf(bytes.bytes), entry };
  });
  body(written);
  releaseScratch(lowering, base);
}

function write(lowering: Lowering, texts: readonly Bytes[], start: MemoryPlace): readonly Text[] {
  let { offset } = start;
  return texts.map((bytes) => {
    const room = roomOf(bytes.bytes);
    const place = { base: start.base, offset };
    offset += room;
    writeBytes(lowering, bytes, place, room, true);
    return { place, room };
  });
}
