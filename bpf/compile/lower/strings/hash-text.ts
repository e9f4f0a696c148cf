import { alu, immediate, jump, load, move } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { HASH_START, HASH_WORD } from "../../registers.ts";
import { countedLoop } from "../counted-loop.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { bytesUpToNul, HIGH_BITS, LOW_BITS, nulBytes, WORD } from "./word-scan.ts";

/**
 * Returns a hash of a string's bytes up to its NUL. A string without an end is hashed up to its
 * room.
 */
export function hashText(lowering: Lowering, text: MemoryPlace, room: number): Register {
  const { emitter } = lowering;
  const hash = emitter.constant(HASH_START);
  const constants = { low: emitter.constant(LOW_BITS), high: emitter.constant(HIGH_BITS) };
  const factor = emitter.constant(HASH_WORD.factor);
  const ended = emitter.label("hashed");
  const [word, nuls] = [emitter.copy(immediate(0)), emitter.copy(immediate(0))];
  const rounds = { rounds: room / WORD, step: WORD, instructions: 24, jumps: 1 };
  countedLoop(lowering, rounds, (index) => {
    emitter.emit(move(word, wordAt(lowering, text, index)));
    emitter.emit(move(nuls, nulBytes(lowering, word, constants)), jump(nuls, "!=", immediate(0), ended));
    mixWord(lowering, hash, word, factor);
  });
  emitter.place(ended);
  emitter.emit(alu(word, "&", bytesUpToNul(lowering, nuls, false)));
  mixWord(lowering, hash, word, factor);
  return hash;
}

/** Returns a hash of a number and of memory, in whole words. */
export function hashWords(lowering: Lowering, memory: MemoryPlace, bytes: number, number: Register): Register {
  const { emitter } = lowering;
  const hash = emitter.constant(HASH_START);
  const factor = emitter.constant(HASH_WORD.factor);
  mixWord(lowering, hash, number, factor);
  countedLoop(lowering, { rounds: bytes / WORD, step: WORD, instructions: 10, jumps: 0 }, (index) => {
    mixWord(lowering, hash, wordAt(lowering, memory, index), factor);
  });
  return hash;
}

function mixWord({ emitter }: Lowering, hash: Register, word: Register, factor: Register): void {
  emitter.emit(alu(hash, "^", word), alu(hash, "*", factor));
  const shifted = emitter.copy(hash);
  emitter.emit(alu(shifted, ">>", immediate(HASH_WORD.shift)), alu(hash, "^", shifted));
}

function wordAt({ emitter }: Lowering, text: MemoryPlace, index: Register): Register {
  const [address, word] = [emitter.copy(text.base), emitter.register()];
  emitter.emit(alu(address, "+", index), load(WORD, word, address, text.offset));
  return word;
}
