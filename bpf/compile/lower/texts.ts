import type { Bytes } from "../../check/typed-expression.ts";
import { SCRATCH_RECORD } from "../maps.ts";
import type { Label } from "../instruction.ts";
import { writeBytes } from "./bytes.ts";
import { branch, onStack } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { acquireScratch, releaseScratch } from "./scratch.ts";
import { settle } from "./settle.ts";

/** A string in memory that a loop can run over: NUL-terminated within `room`, which is a multiple of 16. */
export interface Text {
  readonly place: Place;
  readonly room: number;
}

const roomOf = (bytes: number): number => (bytes + 15) & ~15;

/** Strings of so many bytes in all are put on the stack; longer ones take an entry of `scratch`. */
const STACK_TEXT_BYTES = 64;

/**
 * Puts strings into memory, runs `body`, which must go on at its end whatever it finds, and gives the memory back. Goes to `failed`
 * where there was none, which is counted.
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
    if (total <= STACK_TEXT_BYTES) onStackFor(lowering, ready, total, body);
    else inScratchFor(lowering, ready, total, failed, body);
  });
}

function onStackFor(
  lowering: Lowering,
  texts: readonly Bytes[],
  total: number,
  body: (texts: readonly Text[]) => void,
): void {
  lowering.frame.with(total, (slot) => {
    // kernels before 6.3 let no program read what it never wrote
    body(write(lowering, texts, onStack(slot), true));
  });
}

function inScratchFor(
  lowering: Lowering,
  texts: readonly Bytes[],
  total: number,
  failed: Label,
  body: (texts: readonly Text[]) => void,
): void {
  lowering.needs.scratch(total);
  const scratch = acquireScratch(lowering, failed);
  body(write(lowering, texts, { base: scratch, offset: SCRATCH_RECORD }, false));
  releaseScratch(lowering, scratch);
}

function write(lowering: Lowering, texts: readonly Bytes[], start: Place, fill: boolean): readonly Text[] {
  let { offset } = start;
  return texts.map((bytes) => {
    const room = roomOf(bytes.bytes);
    const place = { base: start.base, offset };
    offset += room;
    writeBytes(lowering, bytes, place, fill ? room : bytes.bytes, fill);
    return { place, room };
  });
}
