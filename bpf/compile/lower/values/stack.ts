import type { StackScalar } from "../../../check/typed-expression.ts";
import { R0, alu, goTo, immediate, jump, load, move, store } from "../../instruction.ts";
import type { Operand, Register } from "../../instruction.ts";
import { SCRATCH_RECORD } from "../../maps.ts";
import { STACK_LOST, STACK_NONE, STACKS } from "../../object-spec.ts";
import { addressOf, branch, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { scalarName } from "./scalar-name.ts";
import { acquireScratch, releaseScratch } from "../scratch.ts";
import { lookUpAt, toMap } from "../state.ts";
import { lowerOperand } from "../values.ts";

/** BPF_F_USER_STACK of bpf_get_stack. */
const USER_STACK = 1 << 8;
const BPF_NOEXIST = 1;

/** 2^64 divided by the golden ratio: Knuth's multiplicative hashing. */
const SPREAD = 0x9e3779b97f4a7c15n;

/**
 * Keeps a stack in `stacks` and returns its id. It is taken once in a run. The frames are read into
 * `scratch` and hashed there. A known stack costs one lookup, which also marks it as used.
 */
export function lowerStack(lowering: Lowering, stack: StackScalar): Register {
  return lowering.cache.get(scalarName(stack), () => takeStack(lowering, stack));
}

function takeStack(lowering: Lowering, stack: StackScalar): Register {
  const { emitter } = lowering;
  const frame = stack.frame && lowerOperand(lowering, stack.frame);
  const { process } = stack;
  const owner = process && {
    pid: lowerOperand(lowering, process.pid),
    startNs: lowerOperand(lowering, process.startNs),
    execs: lowerOperand(lowering, process.execs),
  };
  const id = emitter.copy(immediate(Number(STACK_LOST)));
  const done = emitter.label("stack_taken");
  emitter.comment("stack");
  branch(lowering, () => {
    const scratch = acquireScratch(lowering, done);
    const value: MemoryPlace = { base: scratch, offset: SCRATCH_RECORD };
    writeOwner(lowering, value, owner);
    const unwound = emitter.label("stack_unwound");
    emitter.emit(move(id, immediate(Number(STACK_NONE))));
    const bytes = frame === undefined ? unwind(lowering, stack, value) : oneFrame(lowering, frame, value);
    emitter.emit(jump(bytes, "s<=", immediate(0), unwound));
    emitter.emit(store(4, value.base, value.offset + STACKS.frameBytesOffset, bytes));
    emitter.emit(move(id, owner === undefined ? immediate(0) : owner.startNs));
    if (owner !== undefined) for (const part of [owner.pid, owner.execs]) mix(lowering, id, part);
    hashFrames(lowering, id, value, bytes, 8 * stack.frames);
    keep(lowering, id, value);
    emitter.place(unwound);
    releaseScratch(lowering, scratch);
  });
  emitter.place(done);
  return id;
}

interface Owner {
  readonly pid: Operand;
  readonly startNs: Operand;
  readonly execs: Operand;
}

function writeOwner({ emitter }: Lowering, { base, offset }: MemoryPlace, owner: Owner | undefined): void {
  emitter.emit(store(8, base, offset + STACKS.startOffset, owner?.startNs ?? immediate(0)));
  emitter.emit(store(4, base, offset + STACKS.pidOffset, owner?.pid ?? immediate(0)));
}

/**
 * Emits a call of bpf_get_stack. The register holds the number of bytes of the frames, or a
 * negative errno, such as for the user stack of a kernel thread. The helper fills the rest of the
 * room with zeros.
 */
function unwind(lowering: Lowering, { frames, process }: StackScalar, value: MemoryPlace): Register {
  const { emitter, context } = lowering;
  const to = addressOf(lowering, { ...value, offset: value.offset + STACKS.framesOffset });
  const flags = immediate(process === undefined ? 0 : USER_STACK);
  return emitter.callFor("get_stack", context, to, immediate(8 * frames), flags);
}

function oneFrame({ emitter }: Lowering, frame: Operand, { base, offset }: MemoryPlace): Register {
  emitter.emit(store(8, base, offset + STACKS.framesOffset, frame));
  return emitter.copy(immediate(8));
}

/**
 * Hashes the frames in a loop. The verifier walks it once for each frame, which is less than
 * instructions for each frame would be.
 */
function hashFrames(lowering: Lowering, id: Register, value: MemoryPlace, bytes: Register, mostBytes: number): void {
  const { emitter } = lowering;
  const at = emitter.copy(immediate(0));
  const next = emitter.label("frame");
  const hashed = emitter.label("stack_hashed");
  emitter.place(next);
  emitter.emit(jump(at, ">=", immediate(mostBytes), hashed), jump(at, ">=", bytes, hashed));
  const pointer = emitter.copy(value.base);
  const frame = emitter.register();
  emitter.emit(alu(pointer, "+", at), load(8, frame, pointer, value.offset + STACKS.framesOffset));
  mix(lowering, id, frame);
  emitter.emit(alu(at, "+", immediate(8)), goTo(next));
  emitter.place(hashed);
  // avoids the ids that have another meaning
  const free = emitter.label("id");
  emitter.emit(jump(id, ">", immediate(Number(STACK_LOST)), free), alu(id, "+", immediate(2)));
  emitter.place(free);
}

/**
 * Mixes a part into the hash. Multiplying carries a change of any bit upwards, the shift downwards.
 */
function mix({ emitter }: Lowering, hash: Register, part: Operand): void {
  const high = emitter.register();
  emitter.emit(alu(hash, "^", part), alu(hash, "*", emitter.constant(SPREAD)));
  emitter.emit(move(high, hash), alu(high, ">>", immediate(32)), alu(hash, "^", high));
}

/** Keeps the stack. If the map takes no more, the reader finds no frames for the id. */
function keep(lowering: Lowering, id: Register, value: MemoryPlace): void {
  const { emitter, frame } = lowering;
  frame.with(8, (slot) => {
    const key = onStack(slot);
    emitter.emit(store(8, key.base, key.offset, id));
    const kept = emitter.label("stack_kept");
    const added = coldBranch(lowering, "new_stack", () => {
      const toValue = addressOf(lowering, value);
      emitter.call(
        "map_update_elem",
        toMap(lowering, STACKS.map),
        addressOf(lowering, key),
        toValue,
        immediate(BPF_NOEXIST),
      );
      emitter.emit(goTo(kept));
    });
    lookUpAt(lowering, STACKS.map, key);
    emitter.emit(jump(R0, "==", immediate(0), added));
    emitter.place(kept);
  });
}
