import type { Scalar } from "../../../check/typed-expression.ts";
import { automatonOf } from "../../../check/pattern.ts";
import { R0, R1, alu, immediate, jump, load, mapValue, move } from "../../instruction.ts";
import type { Label, Operand, Register } from "../../instruction.ts";
import { PATTERNS_MAP } from "../../maps.ts";
import { countedLoop } from "../counted-loop.ts";
import { forget } from "../values/forget.ts";
import { addressOf, onStack } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { chunksOf } from "../values/memory.ts";
import { callOwn } from "../own-function.ts";
import { writeBytes } from "./bytes.ts";
import { bytesUpToNul, HIGH_BITS, LOW_BITS, nulBytes, WORD } from "./word-scan.ts";
import { textsOf, withTexts, type Text } from "./texts.ts";

type Operation<Op extends Scalar["op"]> = Extract<Scalar, { readonly op: Op }>;

/**
 * Compares two strings: 1 if they are equal, or if the left one begins with the right one. 0 if
 * there is no memory to compare them in.
 */
export function lowerTextEqual(lowering: Lowering, { left, right, prefix }: Operation<"text-equal">): Register {
  const { emitter } = lowering;
  const result = emitter.copy(immediate(0));
  const done = emitter.label("compared");
  withTexts(lowering, [left, right], done, ([a, b]) => {
    if (a === undefined || b === undefined) return;
    const compared =
      a.entry === undefined
        ? compareTexts(lowering, a, b, prefix)
        : callOwn(lowering, prefix ? "begins_with" : "equals", [a.entry], (inner, [entry = R0]) =>
            compareTexts(inner, ...textsOf(inner, entry), prefix),
          );
    emitter.emit(move(result, compared));
  });
  emitter.place(done);
  forget(lowering, result, immediate(1));
  return result;
}

/** Compares words, with one jump each: a verifier stores every jump of every round. */
function compareTexts(lowering: Lowering, a: Text, b: Text, prefix: boolean): Register {
  const { emitter } = lowering;
  const result = emitter.copy(immediate(0));
  const [decided, unequal] = [emitter.label("decided"), emitter.label("unequal")];
  const [difference, nuls] = [emitter.copy(immediate(0)), emitter.copy(immediate(0))];
  const constants = { low: emitter.constant(LOW_BITS), high: emitter.constant(HIGH_BITS) };
  const rounds = { rounds: Math.min(a.room, b.room) / WORD, step: WORD, instructions: 22, jumps: 1 };
  countedLoop(lowering, rounds, (index) => {
    const [wordA, wordB] = [wordAt(lowering, a, index), wordAt(lowering, b, index)];
    emitter.emit(move(nuls, nulBytes(lowering, prefix ? wordB : wordA, constants)));
    emitter.emit(move(difference, wordA), alu(difference, "^", wordB));
    const either = emitter.copy(difference);
    emitter.emit(alu(either, "|", nuls), jump(either, "!=", immediate(0), decided));
  });
  emitter.place(decided);
  const upTo = bytesUpToNul(lowering, nuls, prefix);
  emitter.emit(alu(difference, "&", upTo), jump(difference, "!=", immediate(0), unequal));
  emitter.emit(move(result, immediate(1)));
  emitter.place(unequal);
  return result;
}

/** Bytes that a round of a search reads. */
const ROUND_BYTES = 2 * WORD;

/**
 * Matches a string against a pattern, by the automaton of check/pattern.ts. 0 if there is no memory
 * to search it in.
 */
export function lowerTextMatches(lowering: Lowering, { text, pattern }: Operation<"text-matches">): Register {
  const { emitter, needs } = lowering;
  const result = emitter.copy(immediate(0));
  const done = emitter.label("searched");
  const { accepting } = automatonOf(pattern);
  const automaton = needs.pattern(pattern);
  withTexts(lowering, [text], done, ([string]) => {
    if (string === undefined) return;
    if (string.entry === undefined) {
      const table = emitter.register();
      emitter.emit(mapValue(table, PATTERNS_MAP, automaton));
      emitter.emit(move(result, searchText(lowering, string, table, immediate(64 - accepting))));
    } else {
      const args = [string.entry, emitter.copy(immediate(automaton)), emitter.copy(immediate(64 - accepting))];
      emitter.emit(move(result, callOwn(lowering, "matches", args, searchScratch)));
    }
    emitter.emit(alu(result, ">>", immediate(accepting)), alu(result, "&", immediate(1)));
  });
  emitter.place(done);
  forget(lowering, result, immediate(1));
  return result;
}

/**
 * Emits `matches(entry, automaton, shift)`. It is lowered when all patterns of the rule are known.
 */
function searchScratch(lowering: Lowering, [entry = R0, automaton = R0, shift = R0]: readonly Register[]): Register {
  const { emitter, needs, end } = lowering;
  const [text] = textsOf(lowering, entry);
  const table = emitter.register();
  emitter.emit(mapValue(table, PATTERNS_MAP, 0));
  // in r1, from the bound to the use: see pointAtBucket
  emitter.emit(move(R1, automaton), jump(R1, ">", immediate(needs.lastPattern), end), alu(table, "+", R1));
  return searchText(lowering, text, table, shift);
}

/**
 * Returns the automaton's state after the text.
 *
 * @param shift brings the bits below the accepting one to the top: none of them is set after the
 * NUL, or when nothing can match any more
 */
function searchText(lowering: Lowering, text: Text, table: Register, shift: Operand): Register {
  const { emitter } = lowering;
  const ended = emitter.label("ended");
  const state = emitter.copy(immediate(1));
  const rounds = { rounds: text.room / ROUND_BYTES, step: ROUND_BYTES, instructions: 160, jumps: 1 };
  countedLoop(lowering, rounds, (index) => {
    const base = at(lowering, text, index);
    for (let offset = 0; offset < ROUND_BYTES; offset++) {
      const byte = emitter.register();
      emitter.emit(load(1, byte, base, text.place.offset + offset));
      stepState(lowering, state, byte, table);
    }
    const open = emitter.copy(state);
    emitter.emit(alu(open, "<<", shift), jump(open, "==", immediate(0), ended));
  });
  emitter.place(ended);
  return state;
}

/**
 * Steps the automaton: `state = ((state & moves) << 1) | (state & stays)`. An entry of the table
 * has 16 bytes.
 */
function stepState({ emitter }: Lowering, state: Register, byte: Register, table: Register): void {
  const [moves, stays] = [emitter.register(), emitter.register()];
  emitter.emit(alu(byte, "<<", immediate(4)), alu(byte, "+", table));
  emitter.emit(load(8, moves, byte, 0), load(8, stays, byte, 8));
  emitter.emit(alu(moves, "&", state), alu(moves, "<<", immediate(1)));
  emitter.emit(alu(state, "&", stays), alu(state, "|", moves));
}

/** Returns the length of a string. The kernel counts it while it copies the string onto itself. */
export function lowerTextLength(lowering: Lowering, { text }: Operation<"text-length">): Register {
  const { emitter } = lowering;
  const result = emitter.copy(immediate(0));
  const done = emitter.label("measured");
  withTexts(lowering, [text], done, ([string]) => {
    if (string === undefined) return;
    const address = addressOf(lowering, string.place);
    emitter.call("probe_read_kernel_str", address, immediate(string.room), address);
    const failed = emitter.label("unmeasured");
    emitter.emit(jump(R0, "s<=", immediate(0), failed), move(result, R0), alu(result, "-", immediate(1)));
    emitter.place(failed);
  });
  emitter.place(done);
  return result;
}

/** Returns the address of the part of a text at an index, without the text's own offset. */
function at({ emitter }: Lowering, { place }: Text, index: Register): Register {
  const address = emitter.copy(place.base);
  emitter.emit(alu(address, "+", index));
  return address;
}

function wordAt(lowering: Lowering, text: Text, index: Register): Register {
  const { emitter } = lowering;
  const word = emitter.register();
  emitter.emit(load(WORD, word, at(lowering, text, index), text.place.offset));
  return word;
}

/** Compares two values of one size. */
export function lowerMemoryEqual(lowering: Lowering, { left, right }: Operation<"memory-equal">): Register {
  const { emitter, frame } = lowering;
  const result = emitter.copy(immediate(0));
  const unequal: Label = emitter.label("unequal");
  const { bytes } = left;
  frame.with(2 * bytes, (slot) => {
    const [a, b] = [onStack(slot), onStack(slot + bytes)];
    writeBytes(lowering, left, a, bytes, true);
    writeBytes(lowering, right, b, bytes, true);
    for (const chunk of chunksOf(bytes, 8)) {
      const [inA, inB] = [emitter.register(), emitter.register()];
      emitter.emit(load(chunk.bytes, inA, a.base, a.offset + chunk.offset));
      emitter.emit(load(chunk.bytes, inB, b.base, b.offset + chunk.offset), jump(inA, "!=", inB, unequal));
    }
  });
  emitter.emit(move(result, immediate(1)));
  emitter.place(unequal);
  forget(lowering, result, immediate(1));
  return result;
}
