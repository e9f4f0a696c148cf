import type { Bytes, Scalar } from "../../check/typed-expression.ts";
import { FRAME, alu, fitsImmediate, goTo, immediate, jump, load } from "../instruction.ts";
import type { AccessBytes, Label, Operand } from "../instruction.ts";
import { writeBytes } from "./bytes.ts";
import { onStack } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { chunksOf, littleEndian } from "./memory.ts";
import { alignToWord } from "../stack-frame.ts";

type BytesEqual = Extract<Scalar, { readonly op: "bytes-equal" }>;

/** Jumps to `target` where the bytes differ. */
export function branchUnequal(lowering: Lowering, { left, right, mask }: BytesEqual, target: Label): void {
  if (right.length > left.bytes) {
    lowering.emitter.emit(goTo(target));
    return;
  }
  const needed = shortened(left, right.length);
  const known = left.op === "comm" ? lowering.cache.find("comm") : undefined;
  const slot = known ?? lowering.frame.allocate(needed.bytes);
  if (known === undefined) {
    // branches of different lengths: kernels before 6.3 let no program read what it never wrote
    writeBytes(lowering, needed, onStack(slot), needed.bytes, needed.op === "choose");
  }
  for (const { offset, bytes } of chunksOf(right.length, 8)) {
    compareChunk(
      lowering,
      slot + offset,
      bytes,
      littleEndian(right, offset, bytes),
      maskOf(mask, offset, bytes),
      target,
    );
  }
  if (known === undefined && left.op === "comm") lowering.cache.get("comm", () => slot);
  else if (known === undefined) lowering.frame.release(slot, alignToWord(needed.bytes));
}

/**
 * As little of the left side as decides: one byte more than the right side, for a read that is cut puts its NUL there, and
 * "bashful" cut to "bash" must not equal "bash".
 */
function shortened(bytes: Bytes, compared: number): Bytes {
  if (bytes.op === "string") return { ...bytes, bytes: Math.min(bytes.bytes, compared + 1) };
  if (bytes.op === "literal") {
    const value = bytes.value.subarray(0, compared + 1);
    return { ...bytes, value, bytes: value.length };
  }
  if (bytes.op !== "choose") return bytes;
  const then = shortened(bytes.then, compared);
  const otherwise = shortened(bytes.otherwise, compared);
  return { ...bytes, then, otherwise, bytes: Math.max(then.bytes, otherwise.bytes) };
}

const maskOf = (mask: Uint8Array | undefined, offset: number, bytes: number): bigint =>
  mask === undefined ? allOnes(bytes) : littleEndian(mask, offset, bytes);

const allOnes = (bytes: number): bigint => (1n << BigInt(8 * bytes)) - 1n;

function compareChunk(
  { emitter }: Lowering,
  slot: number,
  bytes: AccessBytes,
  wanted: bigint,
  mask: bigint,
  target: Label,
): void {
  if (mask === 0n) return;
  const operand = (value: bigint): Operand =>
    fitsImmediate(value) ? immediate(Number(BigInt.asIntN(64, value))) : emitter.constant(value);
  const value = emitter.register();
  emitter.emit(load(bytes, value, FRAME, slot));
  if (mask !== allOnes(bytes)) emitter.emit(alu(value, "&", operand(mask)));
  emitter.emit(jump(value, "!=", operand(wanted & mask), target));
}
