import type { Bytes, Scalar } from "../../../check/typed-expression.ts";
import { alu, fitsImmediate, goTo, immediate, jump, load, move } from "../../instruction.ts";
import type { AccessBytes, Label, Operand } from "../../instruction.ts";
import { writeBytes } from "./bytes.ts";
import { branchCommUnequal } from "./comm-equal.ts";
import { holdsComposed, isComposed } from "./composed.ts";
import { onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { chunksOf, littleEndian } from "../values/memory.ts";
import { alignToWord } from "../../stack-frame.ts";
import { withTexts } from "./texts.ts";

type BytesEqual = Extract<Scalar, { readonly op: "bytes-equal" }>;

/** The most bytes of a string that are compared on the stack, which has other uses too. */
const COMPARED_ON_STACK = 64;

/** Jumps to `target` if the bytes differ. */
export function branchUnequal(lowering: Lowering, test: BytesEqual, target: Label): void {
  const { left, right, mask } = test;
  if (right.length > left.bytes) {
    lowering.emitter.emit(goTo(target));
    return;
  }
  if (left.op === "comm" && mask === undefined && branchCommUnequal(lowering, right, target)) return;
  const needed = shortened(left, right.length);
  if (needed.bytes > COMPARED_ON_STACK || holdsComposed(needed)) {
    branchUnequalInScratch(lowering, { ...test, left: needed }, target);
    return;
  }
  const known = left.op === "comm" ? lowering.cache.find("comm") : undefined;
  const slot = known ?? lowering.frame.allocate(needed.bytes);
  if (known === undefined) {
    // branches of different lengths: kernels before 6.3 let no program read bytes that it never
    // wrote
    writeBytes(lowering, needed, onStack(slot), needed.bytes, needed.op === "choose");
  }
  compareChunks(lowering, onStack(slot), right, mask, target);
  if (known === undefined && left.op === "comm") lowering.cache.get("comm", () => slot);
  else if (known === undefined) lowering.frame.release(slot, alignToWord(needed.bytes));
}

function branchUnequalInScratch(lowering: Lowering, { left, right, mask }: BytesEqual, target: Label): void {
  const { emitter } = lowering;
  const equal = emitter.copy(immediate(0));
  const [unequal, done] = [emitter.label("unequal"), emitter.label("compared")];
  withTexts(lowering, [left], done, ([text]) => {
    if (text === undefined) return;
    compareChunks(lowering, text.place, right, mask, unequal);
    emitter.emit(move(equal, immediate(1)));
    emitter.place(unequal);
  });
  emitter.place(done);
  emitter.emit(jump(equal, "==", immediate(0), target));
}

/**
 * Returns the least part of the left side that decides. It is one byte more than the right side,
 * because a read that is cut puts its NUL there: "bashful" cut to "bash" must not equal "bash".
 */
function shortened(bytes: Bytes, compared: number): Bytes {
  if (bytes.op === "string" || isComposed(bytes)) return { ...bytes, bytes: Math.min(bytes.bytes, compared + 1) };
  if (bytes.op === "literal") {
    const value = bytes.value.subarray(0, compared + 1);
    return { ...bytes, value, bytes: value.length };
  }
  if (bytes.op !== "choose") return bytes;
  const then = shortened(bytes.then, compared);
  const otherwise = shortened(bytes.otherwise, compared);
  return { ...bytes, then, otherwise, bytes: Math.max(then.bytes, otherwise.bytes) };
}

function compareChunks(
  lowering: Lowering,
  place: MemoryPlace,
  right: Uint8Array,
  mask: Uint8Array | undefined,
  target: Label,
): void {
  for (const { offset, bytes } of chunksOf(right.length, 8)) {
    const at = { base: place.base, offset: place.offset + offset };
    compareChunk(lowering, at, bytes, littleEndian(right, offset, bytes), maskOf(mask, offset, bytes), target);
  }
}

const maskOf = (mask: Uint8Array | undefined, offset: number, bytes: number): bigint =>
  mask === undefined ? allOnes(bytes) : littleEndian(mask, offset, bytes);

const allOnes = (bytes: number): bigint => (1n << BigInt(8 * bytes)) - 1n;

function compareChunk(
  { emitter }: Lowering,
  { base, offset }: MemoryPlace,
  bytes: AccessBytes,
  wanted: bigint,
  mask: bigint,
  target: Label,
): void {
  if (mask === 0n) return;
  const operand = (value: bigint): Operand =>
    fitsImmediate(value) ? immediate(Number(BigInt.asIntN(64, value))) : emitter.constant(value);
  const value = emitter.register();
  emitter.emit(load(bytes, value, base, offset));
  if (mask !== allOnes(bytes)) emitter.emit(alu(value, "&", operand(mask)));
  emitter.emit(jump(value, "!=", operand(wanted & mask), target));
}
