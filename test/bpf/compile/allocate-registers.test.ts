import assert from "node:assert/strict";
import { test } from "node:test";
import { allocateRegisters } from "../../../bpf/compile/allocate-registers.ts";
import { removeUnreachable } from "../../../bpf/compile/control-flow.ts";
import {
  alu,
  EXIT,
  FRAME,
  goTo,
  immediate,
  isVirtual,
  jump,
  load,
  move,
  R0,
  store,
} from "../../../bpf/compile/instruction.ts";
import type { AluOperator, JumpOperator, Register } from "../../../bpf/compile/instruction.ts";
import { Emitter } from "../../../bpf/compile/ir.ts";
import type { IrInstruction } from "../../../bpf/compile/ir.ts";
import { reads, removeUnused, writes } from "../../../bpf/compile/liveness.ts";
import { StackFrame } from "../../../bpf/compile/stack-frame.ts";
import { interpret } from "./interpret.ts";
import { RULE_SPAN } from "./scalars.ts";

/** Numbers that follow from a seed (mulberry32), so that a failure can be seen again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const OPERATORS: readonly AluOperator[] = ["+", "-", "*", "^", "|", "&"];
const JUMPS: readonly JumpOperator[] = ["==", "!=", "<", "s<", ">=", "&"];

/**
 * A random program: arithmetic, calls, temporaries in the frame, branches, bounded loops, cold
 * blocks.
 *
 * @param every of how many values one is used at the end
 */
function randomProgram(seed: number, frame: StackFrame, every = 1): readonly IrInstruction[] {
  const next = random(seed);
  const emitter = new Emitter(RULE_SPAN);
  const values: Register[] = [emitter.copy(immediate(seed)), emitter.copy(immediate(7))];
  const any = (): Register => values[next(values.length)] ?? FRAME;
  const operator = (): AluOperator => OPERATORS[next(OPERATORS.length)] ?? "+";
  const condition = (): JumpOperator => JUMPS[next(JUMPS.length)] ?? "==";
  const change = (): void => emitter.emit(alu(any(), operator(), next(2) === 0 ? any() : immediate(next(1000) - 500)));
  const steps: readonly (() => void)[] = [
    () => values.push(emitter.copy(any())),
    () => values.push(emitter.constant(BigInt(next(1 << 30)))),
    change,
    change,
    () => values.push(emitter.callFor("map_lookup_elem", any(), any())),
    () => {
      // a temporary in the frame, whose place is free again after it
      frame.with(8 * (1 + next(3)), (slot) => {
        emitter.emit(store(8, FRAME, slot, any()));
        const value = emitter.register();
        emitter.emit(load(8, value, FRAME, slot));
        values.push(value);
      });
    },
    () => {
      const done = emitter.label("done");
      emitter.emit(jump(any(), condition(), any(), done));
      change();
      emitter.call("map_lookup_elem", any(), any());
      emitter.place(done);
    },
    () => {
      const done = emitter.label("back");
      const cold = emitter.cold("cold", () => {
        emitter.call("map_lookup_elem", any(), any());
        emitter.emit(alu(any(), "^", R0), goTo(done));
      });
      emitter.emit(jump(any(), condition(), any(), cold));
      emitter.place(done);
    },
    () => {
      const again = emitter.label("again");
      const round = emitter.copy(immediate(0));
      emitter.place(again);
      change();
      emitter.emit(alu(round, "+", immediate(1)), jump(round, "<", immediate(3), again));
    },
  ];
  for (let count = 10 + next(40); count > 0; count--) steps[next(steps.length)]?.();
  emitter.emit(move(R0, immediate(0)));
  const sum = emitter.copy(immediate(0));
  for (const value of values.filter((_, index) => index % every === 0))
    emitter.emit(alu(sum, "*", immediate(3)), alu(sum, "^", value));
  emitter.emit(move(R0, sum), EXIT);
  return removeUnreachable(emitter.finish());
}

void test("allocated programs compute what they computed before", () => {
  let spilled = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const frame = new StackFrame();
    const program = randomProgram(seed, frame);
    const allocated = allocateRegisters(program, frame);
    for (const { instruction } of allocated) {
      for (const register of [...reads(instruction), ...writes(instruction)]) assert.ok(!isVirtual(register));
    }
    assert.deepEqual(interpret(allocated), interpret(program), `seed ${String(seed)}`);
    if (allocated.length > program.length) spilled++;
  }
  assert.ok(spilled > 100, "the programs must be hard enough to spill");
});

void test("programs without unused values compute what they computed before", () => {
  let removed = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const program = randomProgram(seed, new StackFrame(), 4);
    const shrunk = removeUnused(program);
    assert.deepEqual(interpret(shrunk), interpret(program), `seed ${String(seed)}`);
    removed += program.length - shrunk.length;
  }
  assert.ok(removed > 1000, `expected many unused values, found ${String(removed)}`);
});

void test("a copy into and out of a call's registers costs nothing", () => {
  const emitter = new Emitter(RULE_SPAN);
  const key = emitter.copy(immediate(1));
  const result = emitter.callFor("map_lookup_elem", key, immediate(2));
  emitter.emit(move(R0, result), EXIT);
  const allocated = allocateRegisters(emitter.finish(), new StackFrame());
  assert.deepEqual(
    allocated.map(({ instruction }) => instruction.kind),
    ["alu", "alu", "call", "exit"],
  );
});

void test("a program that needs more stack than there is, is a bug of the compiler", () => {
  assert.throws(() => new StackFrame().allocate(520), /512 bytes/);
});
