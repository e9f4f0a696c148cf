import type { Span } from "../source/source.ts";
import { encodeInstruction } from "./encode-instruction.ts";
import { instructionWords } from "./instruction.ts";
import type { Label } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";
import type { Relocation } from "./object-spec.ts";
import { ProgramTooLarge } from "./program-too-large.ts";

/** Jumps have a distance of 16 bits. */
const FARTHEST_JUMP = 0x7fff;

export interface Assembled {
  readonly instructions: Uint8Array;
  readonly relocations: readonly Relocation[];
  readonly lines: readonly { readonly instruction: number; readonly span: Span }[];
}

/** Turns instructions over machine registers into bytes: labels become offsets, map references relocations. Throws ProgramTooLarge. */
export function assemble(program: readonly IrInstruction[]): Assembled {
  const { starts, labels, words } = place(program);
  const instructions = new Uint8Array(8 * words);
  const view = new DataView(instructions.buffer);
  const relocations: Relocation[] = [];
  program.forEach(({ instruction }, index) => {
    const start = starts[index] ?? 0;
    const jumps = instruction.kind === "jump" || instruction.kind === "goto";
    const distance = jumps ? (labels.get(instruction.to) ?? Number.NaN) - start - 1 : 0;
    if (Math.abs(distance) > FARTHEST_JUMP) throw new ProgramTooLarge(`jumps of ${String(FARTHEST_JUMP)} instructions`);
    encodeInstruction(view, 8 * start, instruction, distance);
    if (instruction.kind === "map" || instruction.kind === "map-value") {
      const offset = instruction.kind === "map-value" ? instruction.offset : 0;
      relocations.push({ instruction: start, map: instruction.map, kind: instruction.kind, offset });
    }
  });
  return { instructions, relocations, lines: sourceLines(program, starts) };
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

/** One entry where the source changes, ascending; the first is at instruction 0, as the kernel demands of line info. */
function sourceLines(program: readonly IrInstruction[], starts: readonly number[]): Assembled["lines"] {
  const lines: { instruction: number; span: Span }[] = [];
  program.forEach(({ instruction, span }, index) => {
    if (span === undefined || instruction.kind === "label" || lines.at(-1)?.span === span) return;
    lines.push({ instruction: starts[index] ?? 0, span });
  });
  return lines;
}
