import type { CheckedProgram, ProbeProgram } from "../check/checked-program.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { assemble } from "./assemble.ts";
import { groupByProgram, targetOf } from "./attach-kinds.ts";
import { BtfBuilder } from "./btf/blob.ts";
import { functionInfo, lineInfo } from "./btf/line-info.ts";
import { identifier, objectTypes } from "./btf/object-types.ts";
import type { CodeTypes } from "./btf/object-types.ts";
import { lowerUnit, withFunctions, type ProgramStages, type ProgramUnit } from "./compile-unit.ts";
import { partOf } from "./fuse/program-part.ts";
import { layOut } from "./layout.ts";
import { mapsOf } from "./maps.ts";
import { ObjectNeeds } from "./needs.ts";
import { estimateMemory } from "./memory-estimate.ts";
import type { ObjectSpec, ProgramSpec } from "./object-spec.ts";
import { PROBE_NAMES_MAP, probeNamesMap, probeNameTable, type ProbeNameTable } from "./probe-names.ts";

export interface CompileOptions {
  /** true to compile each program also as a part of a fused one, which takes as long again */
  readonly parts?: boolean;
}

/**
 * Compiles a rule's kernel half. It is pure: the same program and the same Kernel give the same
 * bytes. Throws ProgramTooLarge. Any other error is a bug of the compiler.
 */
export function compileProgram(
  program: CheckedProgram,
  kernel: Kernel,
  { parts = false }: CompileOptions = {},
): ObjectSpec {
  const layout = layOut(program);
  const btf = new BtfBuilder();
  const types = objectTypes(btf, program);
  const names = probeNameTable(program);
  const needs = new ObjectNeeds();
  const programs = compileStages(program, kernel, needs).map((stages) => {
    const part = parts ? partOf(stages.unit, { program, kernel, layout, needs }) : undefined;
    return { ...programSpec(stages, names, btf, types), ...(part && { part }) };
  });
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
    .map((unit) => lowerUnit(unit, { program, kernel, layout, needs }));
  // functions last: they depend on the maps that all programs need
  return lowered.map(withFunctions);
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
  types: CodeTypes,
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
