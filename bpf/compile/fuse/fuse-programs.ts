import type { Source, Span } from "../../source/source.ts";
import { assemble } from "../assemble.ts";
import { BtfBuilder } from "../btf/blob.ts";
import { functionInfo, lineInfo } from "../btf/line-info.ts";
import { codeTypes, identifier } from "../btf/object-types.ts";
import { EXIT, FRAME, R0, R1, immediate, load, mapDescriptor, mapValue, move } from "../instruction.ts";
import type { Instruction, Label, Register } from "../instruction.ts";
import { Emitter } from "../ir.ts";
import type { IrInstruction } from "../ir.ts";
import { CONTROL_MAP, CONTROL_ZERO } from "../maps.ts";
import type { ProgramPart, ProgramSpec } from "../object-spec.ts";
import { beginMeasured, endMeasured } from "./measured-part.ts";
import { CONTEXT_PLACE, openSharedFrame } from "./shared-frame.ts";

/** A program that runs the programs of several rules, with the types that it needs. */
export interface FusedSpec {
  readonly program: ProgramSpec;
  readonly btf: Uint8Array;
}

/** A program of a rule that has a part. */
export type FusibleProgram = ProgramSpec & { readonly part: ProgramPart };

/** The map of the programs that run at one place, by their order. */
export const CHAIN_MAP = "chain";
const R2: Register = 2;
const R3: Register = 3;

/** Returns the name by which a fused program refers to a map of its part `index`. */
export const mapOfPart = (index: number, map: string): string =>
  map === CONTROL_MAP ? map : `${String(index)}/${map}`;
/** Returns the part and its map that a name of `mapOfPart` means, or undefined for a shared map. */
export function partOfMap(name: string): { readonly index: number; readonly map: string } | undefined {
  const cut = name.indexOf("/");
  return cut < 0 ? undefined : { index: Number(name.slice(0, cut)), map: name.slice(cut + 1) };
}

/**
 * Joins programs of rules at one place: each runs as it would alone, one after the other. After the
 * last one the next program of the chain runs.
 *
 * @param position of the fused program in the chain
 * @param isMeasured true if each part adds its time to the map of costs
 */
export function fusePrograms(
  target: ProgramSpec,
  programs: readonly FusibleProgram[],
  position: number,
  isMeasured = false,
): FusedSpec {
  const emitter = new Emitter(programs[0]?.probe ?? NO_SOURCE);
  const parts = programs.map(({ part }, index) => placePart(part, index));
  const codes = parts.map(({ hot, cold }) => [...hot, ...cold]);
  openSharedFrame(emitter, codes, () => {
    emitter.emit(mapValue(R2, CONTROL_MAP, CONTROL_ZERO), load(8, R2, R2, 0));
    return R2;
  });
  const measured = isMeasured && parts.length > 0;
  if (measured) emitter.emit(...beginMeasured());
  const machine = [
    ...emitter.finish(),
    ...parts.flatMap(({ hot }, index) => (measured ? [...hot, ...withoutSource(endMeasured(index))] : hot)),
    ...chainTo(position + 1),
    ...parts.flatMap(({ cold }) => cold),
  ];
  const functions = parts.flatMap((part) => part.functions);
  return finishFused(target, `fused_${String(position)}`, machine, functions);
}

/** Returns the program that is attached at a place. It runs the first program of the chain. */
export function chainStart(target: ProgramSpec): FusedSpec {
  const emitter = new Emitter(NO_SOURCE);
  emitter.emit(...jumpTo(0));
  return finishFused(target, "fused", emitter.finish(), []);
}

const NOTHING: Source = { path: "bpfwarden", text: "" };
const NO_SOURCE: Span = { source: NOTHING, start: 0, end: 0 };

const jumpTo = (position: number): readonly Instruction[] => [
  mapDescriptor(R2, CHAIN_MAP),
  move(R3, immediate(position)),
  { kind: "call", helper: "tail_call" },
  move(R0, immediate(0)),
  EXIT,
];

const chainTo = (position: number): readonly IrInstruction[] =>
  withoutSource([load(8, R1, FRAME, CONTEXT_PLACE), ...jumpTo(position)]);

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
