import { ARGUMENT_END } from "../../../check/marked-text.ts";
import { alu, immediate, load, store } from "../../instruction.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { chunksOf } from "../values/memory.ts";

const SPACE = 0x20;

const inEachByte = (byte: number): bigint => BigInt.asIntN(64, 0x0101010101010101n * BigInt(byte));

/** Replaces the separators between arguments by spaces, a word at a time and without a jump. */
export function joinArguments({ emitter }: Lowering, { base, offset }: MemoryPlace, bytes: number): void {
  const separators = emitter.constant(inEachByte(ARGUMENT_END));
  const lowBits = emitter.constant(inEachByte(0x7f));
  for (const chunk of chunksOf(bytes, 8)) {
    const at = offset + chunk.offset;
    const word = emitter.register();
    emitter.emit(load(chunk.bytes, word, base, at));
    // the highest bit of each byte that is not a separator
    const other = emitter.copy(word);
    emitter.emit(alu(other, "^", separators));
    const sum = emitter.copy(other);
    emitter.emit(alu(sum, "&", lowBits), alu(sum, "+", lowBits), alu(other, "|", sum), alu(other, "|", lowBits));
    emitter.emit(alu(other, "^", immediate(-1)), alu(other, ">>", immediate(7)));
    emitter.emit(alu(other, "*", immediate(ARGUMENT_END ^ SPACE)), alu(word, "^", other));
    emitter.emit(store(chunk.bytes, base, at, word));
  }
}
