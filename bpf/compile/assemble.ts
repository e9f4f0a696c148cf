import type { Span } from "../source/source.ts";
import { encodeInstruction } from "./encode-instruction.ts";
import { instructionWords } from "./instruction.ts";
import type { Instruction, Label } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";
import type { OwnCall, Relocation } from "./object-spec.ts";
import { ProgramTooLarge } from "./program-too-large.ts";

/** The limit of a jump's 16-bit distance. */
const FARTHEST_JUMP = 0x7fff;

export interface Assembled {
  readonly instructions: Uint8Array;
  /** start of each function: the program itself at 0, then its own functions in their order */
  readonly starts: readonly number[];
  readonly calls: readonly OwnCall[];
  readonly relocations: readonly Relocation[];
  readonly lines: readonly { readonly instruction: number; readonly span: Span }[];
}

interface Functions {
  readonly machine: readonly IrInstruction[];
  readonly functions: readonly { readonly name: string; readonly machine: readonly IrInstruction[] }[];
}

/**
 * Turns a program over machine registers, followed by its own functions, into bytes: labels become
 * offsets, map references become relocations. Throws ProgramTooLarge.
 */
export function assemble({ machine, functions }: Functions): Assembled {
  const parts = [machine, ...functions.map((own) => own.machine)].map((code) => ({ code, ...place(code) }));
  const starts = parts.map((_, index) => parts.slice(0, index).reduce((sum, { words }) => sum + words, 0));
  const startOf = new Map(functions.map(({ name }, index) => [name, starts[index + 1] ?? Number.NaN]));
  const instructions = new Uint8Array(8 * parts.reduce((sum, { words }) => sum + words, 0));
  const view = new DataView(instructions.buffer);
  const relocations: Relocation[] = [];
  const calls: OwnCall[] = [];
  parts.forEach(({ code, starts: within, labels }, part) => {
    const base = starts[part] ?? 0;
    code.forEach(({ instruction }, index) => {
      const start = base + (within[index] ?? 0);
      encodeInstruction(view, 8 * start, instruction, distanceOf(instruction, start, base, labels, startOf));
      if (instruction.kind === "call-own") calls.push({ instruction: start, function: instruction.function });
      if (instruction.kind !== "map" && instruction.kind !== "map-value") return;
      const offset = instruction.kind === "map-value" ? instruction.offset : 0;
      relocations.push({ instruction: start, map: instruction.map, kind: instruction.kind, offset });
    });
  });
  const lines = parts.flatMap(({ code, starts: within }, part) => sourceLines(code, within, starts[part] ?? 0));
  return { instructions, starts, calls, relocations, lines };
}

/**
 * Returns the distance from the next instruction to the target of a jump or call, and 0 for any
 * other instruction.
 */
function distanceOf(
  instruction: Instruction,
  start: number,
  base: number,
  labels: ReadonlyMap<Label, number>,
  startOf: ReadonlyMap<string, number>,
): number {
  if (instruction.kind === "call-own") return (startOf.get(instruction.function) ?? Number.NaN) - start - 1;
  if (instruction.kind !== "jump" && instruction.kind !== "goto") return 0;
  const distance = base + (labels.get(instruction.to) ?? Number.NaN) - start - 1;
  if (Math.abs(distance) > FARTHEST_JUMP) throw new ProgramTooLarge(`jumps of ${String(FARTHEST_JUMP)} instructions`);
  return distance;
}

function place(program: readonly IrInstruction[]) {
  const starts: number[] = [];
  const labels = new Map<Label, number>();
  let words = 0;
  for (const { instruction } of program) {
    starts.push(words);
    if (instruction.kind === "label") labels.set(instruction.label, words);
    words += instructionWords(instruction);
  }
  return { starts, labels, words };
}

/**
 * Returns an entry for each change of the source, ascending. The first is at a function's first
 * instruction, as the kernel requires of line info.
 */
function sourceLines(program: readonly IrInstruction[], starts: readonly number[], base: number): Assembled["lines"] {
  const lines: { instruction: number; span: Span }[] = [];
  program.forEach(({ instruction, span }, index) => {
    if (span === undefined || instruction.kind === "label" || lines.at(-1)?.span === span) return;
    lines.push({ instruction: base + (starts[index] ?? 0), span });
  });
  return lines;
}
