import { R1, alu, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { REGISTER_BITS } from "../../registers.ts";
import type { Update } from "./aggregate-update.ts";
import { hashNumber } from "./hash.ts";
import { branch } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { shiftBelow16 } from "../values/shift-below-16.ts";

/** log2 of a number of at least 8 is 3 plus the shift of `shiftBelow16`; a rank is 64 - log2. */
const RANK_OF_NO_SHIFT = 61;

/**
 * Raises the register of an update's value to its rank (../registers.ts). This is not atomic. If
 * two programs raise one register at the same moment, by two values with one hash prefix, the
 * lesser rank may stay. One register of 1024 is within the error.
 */
export function raiseRegister(lowering: Lowering, update: Update, registers: MemoryPlace): void {
  const { emitter } = lowering;
  const done = emitter.label("raised");
  const raise = (): void => {
    const hash = hashOf(lowering, update, done);
    const rest = emitter.copy(hash);
    // a one bit that ends the search
    emitter.emit(alu(rest, "<<", immediate(REGISTER_BITS)), alu(rest, "|", immediate(1 << (REGISTER_BITS - 1))));
    const shift = shiftBelow16(emitter, rest);
    const rank = emitter.constant(BigInt(RANK_OF_NO_SHIFT));
    emitter.emit(alu(rank, "-", shift));
    const seen = emitter.register();
    emitter.comment(`distinct ${update.layout.aggregate.name}: register`);
    emitter.emit(move(R1, hash), alu(R1, ">>", immediate(64 - REGISTER_BITS)), alu(R1, "+", registers.base));
    emitter.emit(load(1, seen, R1, registers.offset), jump(seen, ">=", rank, done));
    emitter.emit(store(1, R1, registers.offset, rank));
  };
  // long bytes may find no room
  if (update.bytes === undefined) raise();
  else branch(lowering, raise);
  emitter.place(done);
}

const hashOf = (lowering: Lowering, { bytes, hash, value }: Update, done: Label): Register =>
  bytes === undefined ? hashNumber(lowering, value()) : hash(done);
