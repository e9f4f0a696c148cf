import type { Source, Span } from "../../source/source.ts";
import { assemble } from "../assemble.ts";
import { BtfBuilder } from "../btf/blob.ts";
import { functionInfo, lineInfo } from "../btf/line-info.ts";
import { codeTypes, identifier } from "../btf/object-types.ts";
import { alu, EXIT, FRAME, immediate, jump, load, mapDescriptor, move, R0, R1, store } from "../instruction.ts";
import type { Instruction, Label, Register } from "../instruction.ts";
import { Emitter } from "../ir.ts";
import type { IrInstruction } from "../ir.ts";
import { CONTROL_MAP } from "../maps.ts";
import type { ProgramPart, ProgramSpec } from "../object-spec.ts";
import { beginMeasured, ifMeasured, measurePart } from "./measured-part.ts";
import { findRoute, NEXT_OFFSET, ZERO_OFFSET, type PartCalls } from "./routes.ts";
import { CONTEXT_PLACE, NEXT_PLACE, openSharedFrame, ROUTE_PLACE } from "./shared-frame.ts";

/** A program that runs the programs of several rules, with the types that it needs. */
export interface FusedSpec {
  readonly program: ProgramSpec;
  readonly btf: Uint8Array;
}

/** A program of a rule that has a part. */
export type FusibleProgram = ProgramSpec & { readonly part: ProgramPart };

/** The map of the programs that run at one place, by their index. Index 0 has none. */
export const CHAIN_MAP = "chain";
const R2: Register = 2;
const R3: Register = 3;
const R4: Register = 4;
const R6: Register = 6;

/** Returns the name by which a fused program refers to a map of its part `index`. */
export const mapOfPart = (index: number, map: string): string =>
  map === CONTROL_MAP ? map : `${String(index)}/${map}`;
/** Returns the part and its map that a name of `mapOfPart` means, or undefined for a shared map. */
export function partOfMap(name: string): { readonly index: number; readonly map: string } | undefined {
  const cut = name.indexOf("/");
  return cut < 0 ? undefined : { index: Number(name.slice(0, cut)), map: name.slice(cut + 1) };
}

/**
 * Joins programs of rules at one place: those that the route of an event names run as they would
 * alone, one after the other. After the last one the next program of the chain runs.
 */
export function fusePrograms(target: ProgramSpec, programs: readonly FusibleProgram[]): FusedSpec {
  const emitter = new Emitter(programs[0]?.probe ?? NO_SOURCE);
  const parts = programs.map(({ part }, index) => placePart(part, index));
  emitter.emit(store(8, FRAME, CONTEXT_PLACE, R1), ...findRoute(callsAt(target)));
  emitter.emit(load(8, R4, R2, 0), store(8, FRAME, ROUTE_PLACE, R4), load(4, R3, R2, NEXT_OFFSET));
  emitter.emit(store(8, FRAME, NEXT_PLACE, R3), load(4, R6, R2, ZERO_OFFSET), ...beginMeasured(R4, R6));
  openSharedFrame(
    emitter,
    parts.map(({ hot, cold }) => [...hot, ...cold]),
    R6,
  );
  const machine = [
    ...emitter.finish(),
    ...parts.flatMap(({ hot }, index) => [
      ...withoutSource(ifRouted(index)),
      ...hot,
      ...withoutSource([...ifMeasured(measureLabel(index)), { kind: "label", label: endLabel(index) }]),
    ]),
    ...withoutSource([load(8, R1, FRAME, CONTEXT_PLACE), load(8, R3, FRAME, NEXT_PLACE), ...runNext]),
    ...parts.flatMap(({ cold }, index) => [
      ...cold,
      ...withoutSource(measurePart(index, measureLabel(index), endLabel(index))),
    ]),
  ];
  return finishFused(
    target,
    "fused",
    machine,
    parts.flatMap((part) => part.functions),
  );
}

/** Returns the program that is attached at a place. It runs the first program of the chain. */
export function chainStart(target: ProgramSpec): FusedSpec {
  const code = [...findRoute(callsAt(target)), load(4, R3, R2, NEXT_OFFSET), ...runNext];
  return finishFused(target, "fused_start", withoutSource(code), []);
}

/** Returns the system calls of a place; their numbers do not matter. */
const callsAt = ({ part }: ProgramSpec): PartCalls | undefined => part?.calls;

const NOTHING: Source = { path: "bpfwarden", text: "" };
const NO_SOURCE: Span = { source: NOTHING, start: 0, end: 0 };

const endLabel = (index: number): Label => `end_${String(index)}`;
const measureLabel = (index: number): Label => `measure_${String(index)}`;

/** Skips a part that the route does not name. */
const ifRouted = (index: number): readonly Instruction[] => [
  load(8, R1, FRAME, ROUTE_PLACE),
  ...(index === 0 ? [] : [alu(R1, ">>", immediate(index))]),
  alu(R1, "&", immediate(1)),
  jump(R1, "==", immediate(0), endLabel(index)),
];

/** Runs the program with the index in r3 if it is not 0; the context is in r1. */
const runNext: readonly Instruction[] = [
  jump(R3, "==", immediate(0), "chain_end"),
  mapDescriptor(R2, CHAIN_MAP),
  { kind: "call", helper: "tail_call" },
  { kind: "label", label: "chain_end" },
  move(R0, immediate(0)),
  EXIT,
];

function withoutSource(code: readonly Instruction[]): readonly IrInstruction[] {
  const emitter = new Emitter(NO_SOURCE);
  emitter.emit(...code);
  return emitter.finish();
}

interface PlacedPart {
  readonly hot: readonly IrInstruction[];
  readonly cold: readonly IrInstruction[];
  readonly functions: ProgramPart["functions"];
}

/**
 * Takes a part to its place: instead of ending the run, it leads to the next part. Its labels, maps
 * and functions get names of its own.
 */
function placePart({ machine, functions }: ProgramPart, index: number): PlacedPart {
  const own = (code: readonly IrInstruction[]): readonly IrInstruction[] =>
    code.map((entry) => ({ ...entry, instruction: renamed(entry.instruction, index) }));
  const end = machine.findIndex(({ instruction }) => instruction.kind === "exit");
  return {
    // without the result and the end of the run
    hot: own(machine.slice(0, end - 1)),
    cold: own(machine.slice(end + 1)),
    functions: functions.map((each) => ({
      ...each,
      name: functionOfPart(index, each.name),
      machine: own(each.machine),
    })),
  };
}

const labelOfPart = (index: number, label: Label): Label => `${String(index)}/${label}`;
const functionOfPart = (index: number, name: string): string => `part_${String(index)}_${name}`;

function renamed(instruction: Instruction, index: number): Instruction {
  switch (instruction.kind) {
    case "label":
      return { ...instruction, label: labelOfPart(index, instruction.label) };
    case "jump":
    case "goto":
      return { ...instruction, to: labelOfPart(index, instruction.to) };
    case "map":
    case "map-value":
      return { ...instruction, map: mapOfPart(index, instruction.map) };
    case "call-own":
      return { ...instruction, function: functionOfPart(index, instruction.function) };
    default:
      return instruction;
  }
}

function finishFused(
  target: ProgramSpec,
  name: string,
  machine: readonly IrInstruction[],
  functions: ProgramPart["functions"],
): FusedSpec {
  const btf = new BtfBuilder();
  const types = codeTypes(btf);
  const { starts, ...assembled } = assemble({ machine, functions });
  const main = { start: 0, type: btf.function(identifier(name), types.programPrototype) };
  const own = functions.map((each, index) => ({
    start: starts[index + 1] ?? 0,
    type: btf.function(each.name, types.functionPrototypes[each.parameters] ?? 0),
  }));
  const { cookies: _, part: __, ...rest } = target;
  const program: ProgramSpec = {
    ...rest,
    ...assembled,
    name,
    functions: functions.map((each, index) => ({ name: each.name, start: starts[index + 1] ?? 0 })),
    functionInfo: functionInfo([main, ...own]),
    lineInfo: lineInfo(btf, assembled.lines),
  };
  return { program, btf: btf.finish() };
}
