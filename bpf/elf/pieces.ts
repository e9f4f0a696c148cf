import { FUNCTION_INFO_BYTES, LINE_INFO_BYTES } from "../compile/btf/line-info.ts";
import type { OwnCall, ProgramSpec, Relocation } from "../compile/object-spec.ts";

/**
 * A program without its functions, or one of the functions. Instructions are numbered from its
 * start.
 */
export interface Piece {
  readonly name: string;
  readonly instructions: Uint8Array;
  readonly relocations: readonly Relocation[];
  readonly calls: readonly OwnCall[];
  /** records as in `ProgramSpec` */
  readonly functionInfo: Uint8Array;
  readonly lineInfo: Uint8Array;
}

const INSTRUCTION_BYTES = 8;

/**
 * Returns the program, then its functions. libbpf expects the functions in a section of their own,
 * and appends them to each program that calls them.
 */
export function piecesOf(spec: ProgramSpec): readonly [Piece, ...Piece[]] {
  const starts = [...spec.functions.map(({ start }) => start), spec.instructions.length / INSTRUCTION_BYTES];
  const own = spec.functions.map(({ name, start }, index) => pieceOf(spec, name, start, starts[index + 1] ?? 0));
  return [pieceOf(spec, spec.name, 0, starts[0] ?? 0), ...own];
}

function pieceOf(spec: ProgramSpec, name: string, start: number, end: number): Piece {
  const within = <Entry extends { readonly instruction: number }>(entries: readonly Entry[]): readonly Entry[] =>
    entries
      .filter(({ instruction }) => instruction >= start && instruction < end)
      .map((entry) => ({ ...entry, instruction: entry.instruction - start }));
  return {
    name,
    instructions: spec.instructions.subarray(INSTRUCTION_BYTES * start, INSTRUCTION_BYTES * end),
    relocations: within(spec.relocations),
    calls: within(spec.calls),
    functionInfo: recordsWithin(spec.functionInfo, FUNCTION_INFO_BYTES, start, end),
    lineInfo: recordsWithin(spec.lineInfo, LINE_INFO_BYTES, start, end),
  };
}

/** Returns the records whose first word, an instruction's number, is in the range. */
function recordsWithin(records: Uint8Array, recordBytes: number, start: number, end: number): Uint8Array {
  const words = new Uint32Array(records.slice().buffer);
  const width = recordBytes / 4;
  const kept: number[] = [];
  for (let at = 0; at < words.length; at += width) {
    const instruction = words[at] ?? 0;
    if (instruction < start || instruction >= end) continue;
    kept.push(instruction - start, ...words.subarray(at + 1, at + width));
  }
  return new Uint8Array(new Uint32Array(kept).buffer);
}
