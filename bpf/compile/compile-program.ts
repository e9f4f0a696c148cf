import type { AttachPoint, CheckedProgram, ProbeProgram } from "../check/checked-program.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { allocateRegisters } from "./allocate-registers.ts";
import { assemble } from "./assemble.ts";
import { groupByProgram, targetOf, type AttachTarget } from "./attach-kinds.ts";
import { BtfBuilder } from "./btf/blob.ts";
import { functionInfo, lineInfo } from "./btf/line-info.ts";
import { identifier, objectTypes } from "./btf/object-types.ts";
import type { ObjectTypes } from "./btf/object-types.ts";
import { removeUnreachable } from "./control-flow.ts";
import { EXIT, R0, R1, move } from "./instruction.ts";
import { Emitter } from "./ir.ts";
import type { IrInstruction } from "./ir.ts";
import { layOut } from "./layout.ts";
import { removeUnused } from "./liveness.ts";
import { branchWhereFalse } from "./lower/values/condition.ts";
import type { Lowering, OwnFunction } from "./lower/lowering.ts";
import { lowerProgram } from "./lower/program.ts";
import { finish } from "./lower/state.ts";
import { lowerAnyScalar } from "./lower/values/scalar.ts";
import { ValueCache } from "./lower/values/value-cache.ts";
import { mapsOf } from "./maps.ts";
import { ObjectNeeds } from "./needs.ts";
import { estimateMemory } from "./memory-estimate.ts";
import type { ObjectLayout, ObjectSpec, ProgramSpec } from "./object-spec.ts";
import { PROBE_NAMES_MAP, probeNamesMap, probeNameTable, type ProbeNameTable } from "./probe-names.ts";
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

interface FunctionStages {
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

/**
 * Compiles a rule's kernel half. It is pure: the same program and the same Kernel give the same
 * bytes. Throws ProgramTooLarge. Any other error is a bug of the compiler.
 */
export function compileProgram(program: CheckedProgram, kernel: Kernel): ObjectSpec {
  const layout = layOut(program);
  const btf = new BtfBuilder();
  const types = objectTypes(btf, program);
  const names = probeNameTable(program);
  const needs = new ObjectNeeds();
  const programs = compileStages(program, kernel, needs).map((stages) => programSpec(stages, names, btf, types));
  const asksForNames = programs.some(({ cookies }) => cookies !== undefined);
  const maps = [...mapsOf(program, layout, kernel, types, needs), ...(asksForNames ? [probeNamesMap(names)] : [])];
  const memoryBytes = estimateMemory(maps, kernel.possibleCpus, kernel.pageBytes);
  return { rule: program.rule, maps, programs, btf: btf.finish(), layout, memoryBytes };
}

/** Returns the stages of each program up to machine instructions. */
export function compileStages(
  program: CheckedProgram,
  kernel: Kernel,
  needs = new ObjectNeeds(),
): readonly ProgramStages[] {
  const layout = layOut(program);
  const lowered = program.programs
    .flatMap((each) => unitsOf(each, kernel))
    .map((unit) => {
      const frame = new StackFrame();
      const lowering = startLowering(unit, program, kernel, layout, frame, needs);
      lowerProgram(lowering, unit.program);
      const ir = removeUnused(removeUnreachable(lowering.emitter.finish()));
      return { unit, lowering, ir, machine: allocateRegisters(ir, frame), frame };
    });
  // functions last: they depend on the maps that all programs need
  return lowered.map(({ lowering, frame, ...stages }) => {
    const called = functionsCalledBy(stages.ir);
    const functions = [...lowering.functions]
      .filter(([name]) => called.has(name))
      .map(([name, own]) => compileFunction(lowering, name, own));
    const deepest = Math.max(0, ...functions.map((own) => own.stackBytes));
    checkStack(frame.used, deepest);
    return { ...stages, functions };
  });
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
  const own = { ...outer, emitter, frame, cache, variables, kept, functions, end, unreadable: undefined };
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
  program: CheckedProgram,
  kernel: Kernel,
  layout: ObjectLayout,
  frame: StackFrame,
  needs: ObjectNeeds,
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
    context: emitter.copy(R1),
    variables: new Map(),
    kept: new Map(),
    memos: new Map(),
    functions: new Map(),
    end: emitter.label("end"),
  };
}

/** Returns one unit for all points that one loaded program can serve in this kernel. */
function unitsOf(program: ProbeProgram, kernel: Kernel): readonly ProgramUnit[] {
  const groups = groupByProgram(program.attach);
  return groups.map((attach, index) => ({
    name: groups.length === 1 ? program.name : `${program.name}_${String(index)}`,
    target: targetOf(attach, kernel),
    attach,
    program,
  }));
}

function programSpec(
  { unit, machine, functions }: ProgramStages,
  names: ProbeNameTable,
  btf: BtfBuilder,
  types: ObjectTypes,
): ProgramSpec {
  const { instructions, starts, calls, relocations, lines } = assemble({ machine, functions });
  const { programType, typedContext: _, ...target } = unit.target;
  const main = { start: 0, type: btf.function(identifier(unit.name), types.programPrototype) };
  const own = functions.map(({ name, parameters }, index) => ({
    start: starts[index + 1] ?? 0,
    type: btf.function(name, types.functionPrototypes[parameters] ?? 0),
  }));
  return {
    name: unit.name,
    type: programType,
    ...target,
    instructions,
    relocations,
    functions: functions.map(({ name }, index) => ({ name, start: starts[index + 1] ?? 0 })),
    calls,
    functionInfo: functionInfo([main, ...own]),
    lineInfo: lineInfo(btf, lines),
    lines,
    probe: unit.program.span,
    attach: unit.attach,
    ...(relocations.some(({ map }) => map === PROBE_NAMES_MAP)
      ? { cookies: unit.attach.map((point) => BigInt(names.points.indexOf(point))) }
      : {}),
  };
}
