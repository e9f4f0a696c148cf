import type { Bytes } from "../../../check/typed-expression.ts";
import { MARK_BYTES } from "../../../check/marked-text.ts";
import { R0, alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { SCRATCH_RECORD } from "../../maps.ts";
import { MARK_HASH_BITS, TEXT_MARK, TEXT_UNREADABLE } from "../../object-spec.ts";
import { hashText } from "./hash-text.ts";
import { coldBranch, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { asNumber, callOwn } from "../own-function.ts";
import { acquireEntry, releaseScratch } from "../scratch.ts";
import { count } from "../state.ts";
import { COMPOSED_BYTES } from "./workspace.ts";

/**
 * A string whose room ends with a mark: 0 if it is whole, otherwise `TEXT_MARK` and a hash of the
 * bytes that the mark replaced.
 */
export type Marked = Extract<Bytes, { readonly op: "string" | "path" | "arguments" }>;

export const isMarked = (bytes: Bytes): bytes is Marked => "marked" in bytes && bytes.marked !== undefined;

/** The places of the text of a marked string and of its mark. */
export interface MarkedRoom {
  readonly place: MemoryPlace;
  /** the most bytes of a whole text, with its NUL */
  readonly limit: number;
  /** where the hashed part begins: after marking, nothing of the text from here on is left */
  readonly rest: number;
  readonly mark: MemoryPlace;
}

/**
 * Returns the places for a string of at most `bytes` within `room` bytes, which are whole words.
 */
export function markedRoom(place: MemoryPlace, bytes: number, room: number): MarkedRoom {
  const markAt = room - MARK_BYTES;
  const limit = Math.min(bytes, room);
  return { place, limit, rest: Math.min(limit - 1, markAt), mark: placeAfter(place, markAt) };
}

/**
 * Marks a string that has filled its room, if there is more of it.
 *
 * @param length of the written bytes with the NUL; any other value if it could not be read
 * @param address of the string itself
 * @param already the mark that the string had before, or 0
 */
export function markWhereCut(
  lowering: Lowering,
  { limit, mark, rest }: MarkedRoom,
  {
    address,
    already,
    length,
    space,
  }: {
    readonly address: () => Register;
    readonly already?: () => Register;
    readonly length: Register;
    readonly space: "kernel" | "user";
  },
): void {
  const { emitter } = lowering;
  lowering.needs.scratch(COMPOSED_BYTES);
  const whole = emitter.label("whole");
  const filled = coldBranch(lowering, "filled", () => {
    const word = emitter.copy(immediate(0));
    const known = emitter.label("mark_known");
    const most = emitter.copy(immediate(limit - rest));
    const before = already?.();
    if (before !== undefined) {
      // if all that is left of it comes before the mark
      emitter.emit(move(word, before), jump(length, "<=", immediate(rest), known));
      const first = emitter.label("cut_first");
      emitter.emit(jump(before, "==", immediate(0), first), move(most, immediate(0)));
      emitter.place(first);
    }
    const from = asNumber(lowering, address());
    emitter.emit(alu(from, "+", immediate(rest)));
    const found = callOwn(lowering, `rest_${space}`, [from, most], (inner, [start = R0, fits = R0]) =>
      restOf(inner, space, start, fits),
    );
    emitter.emit(move(word, found));
    if (before !== undefined) joinMarks(lowering, word, before);
    emitter.place(known);
    emitter.emit(jump(word, "==", immediate(0), whole), store(8, mark.base, mark.offset, word), goTo(whole));
  });
  emitter.emit(jump(length, "==", immediate(limit), filled));
  if (already !== undefined) emitter.emit(jump(already(), "!=", immediate(0), filled));
  emitter.place(whole);
}

/** Marks a text that could not be read: its key differs from that of every text. */
export function markUnreadable({ emitter }: Lowering, { mark }: MarkedRoom, word = TEXT_UNREADABLE): void {
  emitter.emit(store(8, mark.base, mark.offset, emitter.constant(word)));
}

/** Returns 1 if a text has such a mark, or if its end could not be read. */
export function markedUnreadable(lowering: Lowering, mark: MemoryPlace): Register {
  const word = keptMark(lowering, mark);
  lowering.emitter.emit(alu(word, ">>", immediate(MARK_HASH_BITS + 1)), alu(word, "&", immediate(1)));
  return word;
}

/**
 * Joins the marks of a text that is cut here and was cut before: neither hash alone distinguishes
 * two such texts.
 */
function joinMarks({ emitter }: Lowering, word: Register, before: Register): void {
  const bits = emitter.copy(before);
  emitter.emit(alu(bits, "<<", immediate(64 - MARK_HASH_BITS)), alu(bits, ">>", immediate(64 - MARK_HASH_BITS)));
  emitter.emit(alu(word, "^", bits), alu(before, "^", bits), alu(word, "|", before));
}

/**
 * Returns the mark of a string that has more than `most` bytes with the NUL at an address, or 0 if
 * it has no more. For a string of the process it also says if the rest could not be read.
 */
function restOf(lowering: Lowering, space: "kernel" | "user", address: Register, most: Register): Register {
  const { emitter } = lowering;
  const word = emitter.constant(TEXT_MARK);
  const [done, ended] = [emitter.label("rest_done"), emitter.label("rest_ended")];
  const hashed = emitter.label("rest_hashed");
  const { base } = acquireEntry(lowering, done);
  const place = { base, offset: SCRATCH_RECORD };
  emitter.call(
    `probe_read_${space}_str`,
    (target) => {
      emitter.emit(move(target, base), alu(target, "+", immediate(SCRATCH_RECORD)));
    },
    immediate(COMPOSED_BYTES),
    address,
  );
  // the bytes that cannot be read exist, since the text has filled its room
  const faulted = coldBranch(lowering, "faulted", () => {
    if (space === "user") emitter.emit(alu(word, "|", emitter.constant(TEXT_UNREADABLE)));
    count(lowering, "faulted", hashed);
    emitter.emit(goTo(hashed));
  });
  emitter.emit(jump(R0, "s<", immediate(0), faulted), jump(R0, "<=", most, ended));
  const hash = hashText(lowering, place, COMPOSED_BYTES);
  emitter.emit(alu(hash, ">>", immediate(64 - MARK_HASH_BITS)), alu(word, "|", hash), goTo(hashed));
  emitter.place(ended);
  emitter.emit(move(word, immediate(0)));
  emitter.place(hashed);
  releaseScratch(lowering, base);
  emitter.place(done);
  return word;
}

/** Returns the mark that a kept string was kept with. */
export function keptMark({ emitter }: Lowering, place: MemoryPlace): Register {
  const mark = emitter.register();
  emitter.emit(load(8, mark, place.base, place.offset));
  return mark;
}
