import type { Bytes } from "../../../check/typed-expression.ts";
import { R0, alu, goTo, immediate, jump, move, store } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { SCRATCH_RECORD } from "../../maps.ts";
import { MARK_HASH_BITS, TEXT_MARK, TEXT_UNREADABLE } from "../../object-spec.ts";
import { atMost } from "./at-most.ts";
import { hashWords } from "./hash-text.ts";
import { coldBranch, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { writeZeros } from "../values/memory.ts";
import { asNumber, callOwn } from "../own-function.ts";
import { acquireEntry, releaseScratch } from "../scratch.ts";
import { count } from "../state.ts";
import { lowerScalar } from "../values.ts";
import { keptMark } from "./text-mark.ts";
import { COMPOSED_BYTES } from "./workspace.ts";

/**
 * Writes the last word of a buffer in a key. For a whole buffer it is the length plus one, so that
 * zeros at its end are part of it. Otherwise it is TEXT_MARK and a hash of the length of the rest,
 * and of its first 4,096 bytes.
 */
export function writeLength(
  lowering: Lowering,
  bytes: Extract<Bytes, { readonly op: "memory" }>,
  mark: MemoryPlace,
): void {
  const { emitter } = lowering;
  const kept = bytes.address.op === "variable" ? lowering.kept.get(bytes.address.variable) : undefined;
  if (kept !== undefined && bytes.markAt !== undefined) {
    emitter.emit(store(8, mark.base, mark.offset, keptMark(lowering, placeAfter(kept.place, bytes.markAt))));
    return;
  }
  lowering.needs.scratch(COMPOSED_BYTES);
  const known = emitter.label("length_written");
  const word = emitter.copy(lowerScalar(lowering, bytes.length ?? { op: "constant", value: BigInt(bytes.bytes) }));
  const cut = coldBranch(lowering, "buffer_cut", () => {
    const from = asNumber(lowering, lowerScalar(lowering, bytes.address));
    emitter.emit(alu(from, "+", immediate(bytes.bytes)), alu(word, "-", immediate(bytes.bytes)));
    const args = [from, emitter.copy(word)];
    const hash = callOwn(lowering, `rest_of_buffer_${bytes.space}`, args, (inner, [start = R0, length = R0]) =>
      restOf(inner, bytes.space, start, length),
    );
    emitter.emit(move(word, hash), goTo(known));
  });
  emitter.emit(jump(word, ">", immediate(bytes.bytes), cut), alu(word, "+", immediate(1)));
  emitter.place(known);
  emitter.emit(store(8, mark.base, mark.offset, word));
}

/**
 * Returns the mark of a buffer that has `length` more bytes at an address. Bytes that cannot be
 * read are zeros; those of the process are unknown.
 */
function restOf(lowering: Lowering, space: "kernel" | "user", address: Register, length: Register): Register {
  const { emitter } = lowering;
  const word = emitter.constant(TEXT_MARK);
  const done = emitter.label("rest_done");
  const { base } = acquireEntry(lowering, done);
  const place = { base, offset: SCRATCH_RECORD };
  writeZeros(lowering, place, COMPOSED_BYTES);
  emitter.call(
    `probe_read_${space}`,
    (target) => {
      emitter.emit(move(target, base), alu(target, "+", immediate(SCRATCH_RECORD)));
    },
    atMost(lowering, length, COMPOSED_BYTES),
    address,
  );
  const read = emitter.label("rest_read");
  const faulted = coldBranch(lowering, "faulted", () => {
    if (space === "user") emitter.emit(alu(word, "|", emitter.constant(TEXT_UNREADABLE)));
    count(lowering, "faulted", read);
    emitter.emit(goTo(read));
  });
  emitter.emit(jump(R0, "!=", immediate(0), faulted));
  emitter.place(read);
  const hash = hashWords(lowering, place, COMPOSED_BYTES, length);
  emitter.emit(alu(hash, ">>", immediate(64 - MARK_HASH_BITS)), alu(word, "|", hash));
  releaseScratch(lowering, base);
  emitter.place(done);
  return word;
}
