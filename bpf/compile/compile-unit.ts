import type { AttachPoint, CheckedProgram, ProbeProgram } from "../check/checked-program.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { allocateRegisters } from "./allocate-registers.ts";
import type { AttachTarget } from "./attach-kinds.ts";
import { removeUnreachable } from "./control-flow.ts";
import { SHARED_FRAME_BYTES, takeContext } from "./fuse/shared-frame.ts";
import { EXIT, R0, R1, move } from "./instruction.ts";
import { Emitter } from "./ir.ts";
import type { IrInstruction } from "./ir.ts";
import { removeUnused } from "./liveness.ts";
import { branchWhereFalse } from "./lower/values/condition.ts";
import type { Lowering, OwnFunction } from "./lower/lowering.ts";
import { lowerProgram } from "./lower/program.ts";
import { finish } from "./lower/state.ts";
import { lowerAnyScalar } from "./lower/values/scalar.ts";
import { ValueCache } from "./lower/values/value-cache.ts";
import type { ObjectNeeds } from "./needs.ts";
import type { ObjectLayout } from "./object-spec.ts";
import { checkStack, StackFrame } from "./stack-frame.ts";

/** One program before it is encoded: `--emit=ir` and `--emit=asm` print it. */
export interface ProgramStages {
  readonly unit: ProgramUnit;
  /** over virtual registers */
  readonly ir: readonly IrInstruction[];
  /** over machine registers */
  readonly machine: readonly IrInstruction[];
  /** own functions of the program that it calls */
  readonly functions: readonly FunctionStages[];
}

export interface FunctionStages {
  readonly name: string;
  readonly parameters: number;
  readonly ir: readonly IrInstruction[];
  readonly machine: readonly IrInstruction[];
}

/** A program and the attach points that can share one load of it. */
export interface ProgramUnit {
  readonly name: string;
  readonly target: AttachTarget;
  readonly attach: readonly AttachPoint[];
  readonly program: ProbeProgram;
}

/** The rule that a unit belongs to. */
export interface UnitContext {
  readonly program: CheckedProgram;
  readonly kernel: Kernel;
  readonly layout: ObjectLayout;
  readonly needs: ObjectNeeds;
}

export interface LoweredUnit extends Omit<ProgramStages, "functions"> {
  readonly lowering: Lowering;
}

/**
 * Takes a program up to machine instructions, without its functions.
 *
 * @param isFused true for a part of a fused program, false for a program of its own
 */
export function lowerUnit(unit: ProgramUnit, context: UnitContext, isFused = false): LoweredUnit {
  const frame = new StackFrame();
  if (isFused) frame.allocateFresh(SHARED_FRAME_BYTES);
  const lowering = startLowering(unit, context, frame, isFused);
  lowerProgram(lowering, unit.program);
  const ir = removeUnused(removeUnreachable(lowering.emitter.finish()));
  return { unit, lowering, ir, machine: allocateRegisters(ir, frame) };
}

/** Adds the functions that a program calls. Throws ProgramTooLarge. */
export function withFunctions({ lowering, ...stages }: LoweredUnit): ProgramStages {
  const called = functionsCalledBy(stages.ir);
  const functions = [...lowering.functions]
    .filter(([name]) => called.has(name))
    .map(([name, own]) => compileFunction(lowering, name, own));
  const deepest = Math.max(0, ...functions.map((own) => own.stackBytes));
  checkStack(lowering.frame.used, deepest);
  return { ...stages, functions };
}

/**
 * Returns the functions that are called in reachable code. The others are left out: a verifier
 * rejects a function that is never called.
 */
function functionsCalledBy(ir: readonly IrInstruction[]): ReadonlySet<string> {
  return new Set(ir.flatMap(({ instruction }) => (instruction.kind === "call-own" ? instruction.function : [])));
}

/** Compiles a function. It sees nothing of the program except its arguments. */
function compileFunction(
  outer: Lowering,
  name: string,
  { parameters, body }: OwnFunction,
): FunctionStages & { readonly stackBytes: number } {
  outer.needs.beginProgram();
  const emitter = new Emitter(outer.program.span);
  const frame = new StackFrame();
  const end = emitter.label("end");
  const args = Array.from({ length: parameters }, (_, index) => emitter.copy(R1 + index));
  const [variables, kept, functions] = [new Map(), new Map(), new Map()];
  const cache = new ValueCache();
  const own = {
    ...outer,
    emitter,
    frame,
    cache,
    variables,
    kept,
    functions,
    end,
    unreadable: undefined,
    isFused: false,
  };
  const result = body(own, args);
  emitter.emit(move(R0, result), EXIT);
  finish(own);
  if (functions.size > 0) throw new Error("a function calls another");
  const ir = removeUnused(removeUnreachable(emitter.finish()));
  const machine = allocateRegisters(ir, frame);
  return { name, parameters, ir, machine, stackBytes: frame.used };
}

function startLowering(
  unit: ProgramUnit,
  { program, kernel, layout, needs }: UnitContext,
  frame: StackFrame,
  isFused: boolean,
): Lowering {
  needs.beginProgram();
  const emitter = new Emitter(unit.program.span);
  return {
    emitter,
    values: { scalar: lowerAnyScalar, branchFalse: branchWhereFalse },
    frame,
    cache: new ValueCache(),
    kernel,
    program,
    layout,
    needs,
    hasTypedContext: unit.target.typedContext,
    attach: unit.attach,
    isFused,
    context: isFused ? takeContext(emitter) : emitter.copy(R1),
    variables: new Map(),
    kept: new Map(),
    memos: new Map(),
    functions: new Map(),
    end: emitter.label("end"),
  };
}
