import { FRAME, R0, alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { countedLoop } from "../counted-loop.ts";
import { addressOf, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { COMPOSED_BYTES, TEXT_MASK, WORKSPACE_CURSOR, WORKSPACE_TEXT } from "./workspace.ts";

/*
 * A text in a workspace that grows from its end to its start. The cursor stays in memory, so that
 * only the counter differs in the state that the verifier sees in each round of a loop, and it
 * walks each round once.
 */

/**
 * The place of the text's NUL: the text grows down from there. Room for "..." is left below the
 * first byte.
 */
export const TEXT_END = WORKSPACE_TEXT + COMPOSED_BYTES - 1;
export const TEXT_FIRST = WORKSPACE_TEXT + 3;

/** NAME_MAX of include/uapi/linux/limits.h; a mask too. */
export const NAME_BYTES = 255;

/** The text that is being written. */
export interface PathText {
  readonly workspace: MemoryPlace;
  /**
   * not 0 if any read faulted. It is checked at the end, since a verifier stores every jump of
   * every step.
   */
  readonly faults: Register;
}

export function startText({ emitter }: Lowering, workspace: MemoryPlace): PathText {
  const at = (offset: number): [Register, number] => [workspace.base, workspace.offset + offset];
  emitter.emit(store(1, ...at(TEXT_END), immediate(0)), store(8, ...at(WORKSPACE_CURSOR), immediate(TEXT_END)));
  return { workspace, faults: emitter.copy(immediate(0)) };
}

/** Calls bpf_probe_read_kernel for one value, which is 0 after a fault. */
export function readKernel(
  lowering: Lowering,
  { faults }: Pick<PathText, "faults">,
  base: Register,
  offset: number,
  bytes: 4 | 8,
): Register {
  const { emitter, frame } = lowering;
  return frame.with(8, (slot) => {
    const from = addressOf(lowering, { base, offset });
    emitter.call("probe_read_kernel", addressOf(lowering, onStack(slot)), immediate(bytes), from);
    const value = emitter.register();
    emitter.emit(alu(faults, "|", R0), load(bytes, value, FRAME, slot));
    return value;
  });
}

/** Loads the cursor. A verifier knows nothing about its value. */
export function loadCursor({ emitter }: Lowering, { workspace }: PathText): Register {
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, workspace.base, workspace.offset + WORKSPACE_CURSOR));
  return cursor;
}

export function storeCursor({ emitter }: Lowering, { workspace }: PathText, cursor: Register): void {
  emitter.emit(store(8, workspace.base, workspace.offset + WORKSPACE_CURSOR, cursor));
}

/**
 * Returns the place at the cursor. The cursor is within the text, and is bounded where it is used:
 * before 5.12 verifiers forget the bounds of spilled values.
 */
export function textAt({ emitter }: Lowering, { workspace }: PathText, cursor: Register): MemoryPlace {
  const [address, bounded] = [emitter.copy(workspace.base), emitter.copy(cursor)];
  emitter.emit(alu(bounded, "&", immediate(TEXT_MASK)), alu(address, "+", bounded));
  return { base: address, offset: workspace.offset };
}

/** Puts ASCII characters before the text. */
export function prependLiteral(lowering: Lowering, text: PathText, literal: string): void {
  const { emitter } = lowering;
  const cursor = loadCursor(lowering, text);
  emitter.emit(alu(cursor, "-", immediate(literal.length)));
  storeCursor(lowering, text, cursor);
  const { base, offset } = textAt(lowering, text, cursor);
  for (const [index, byte] of [...Buffer.from(literal, "latin1")].entries())
    emitter.emit(store(1, base, offset + index, immediate(byte)));
}

/** Puts `length` bytes at an address before the text; at most `NAME_BYTES`. */
export function prependBytes(lowering: Lowering, text: PathText, address: Register, length: Register): void {
  const { emitter } = lowering;
  const cursor = loadCursor(lowering, text);
  emitter.emit(alu(length, "&", immediate(NAME_BYTES)), alu(cursor, "-", length));
  storeCursor(lowering, text, cursor);
  copyBytes(lowering, text, textAt(lowering, text, cursor), address, length);
}

/** Reads `length` bytes into a place in the text. The length is bounded at the helper call. */
export function copyBytes(
  lowering: Lowering,
  { faults }: PathText,
  place: MemoryPlace,
  address: Register,
  length: Register,
): void {
  const { emitter } = lowering;
  const masked = (target: Register): void => {
    emitter.emit(move(target, length), alu(target, "&", immediate(NAME_BYTES)));
  };
  emitter.call("probe_read_kernel", addressOf(lowering, place), masked, address);
  emitter.emit(alu(faults, "|", R0));
}

/**
 * Returns the length of a NUL-terminated string in the kernel of fewer than `bytes` bytes, which
 * are at most `NAME_BYTES`.
 */
export function lengthOf(lowering: Lowering, { faults }: PathText, address: Register, bytes: number): Register {
  const { emitter, frame } = lowering;
  return frame.with(bytes, (slot) => {
    emitter.call("probe_read_kernel_str", addressOf(lowering, onStack(slot)), immediate(bytes), address);
    const length = emitter.copy(R0);
    const read = emitter.label("length_read");
    emitter.emit(jump(length, "s>", immediate(0), read), move(length, immediate(1)), move(faults, immediate(1)));
    emitter.emit(goTo(read));
    emitter.place(read);
    emitter.emit(alu(length, "-", immediate(1)));
    return length;
  });
}

/** The cost of a digit for a verifier. */
const DIGIT_COST = { instructions: 20, jumps: 1 };
/** The digits of 2^64 - 1. */
const DIGITS = 20;
const ZERO = 0x30;

/** Puts an unsigned number in decimal before the text. */
export function prependNumber(lowering: Lowering, text: PathText, number: Register): void {
  const { emitter } = lowering;
  const done = emitter.label("number_written");
  countedLoop(lowering, { rounds: DIGITS, step: 1, ...DIGIT_COST }, () => {
    const [quotient, digit, cursor] = [emitter.copy(number), emitter.copy(number), loadCursor(lowering, text)];
    emitter.emit(alu(quotient, "/", immediate(10)), alu(digit, "%", immediate(10)), alu(digit, "+", immediate(ZERO)));
    emitter.emit(alu(cursor, "-", immediate(1)));
    storeCursor(lowering, text, cursor);
    const place = textAt(lowering, text, cursor);
    emitter.emit(store(1, place.base, place.offset, digit), move(number, quotient));
    emitter.emit(jump(number, "==", immediate(0), done));
  });
  emitter.place(done);
}
