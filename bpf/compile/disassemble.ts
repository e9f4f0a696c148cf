import { lineText, positionAt } from "../source/position.ts";
import type { Span } from "../source/source.ts";
import type { ProgramStages } from "./compile-unit.ts";
import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FIRST_VIRTUAL, isVirtual } from "./instruction.ts";
import { instructionWords } from "./instruction.ts";
import type { AccessBytes, Instruction, Operand, Register } from "./instruction.ts";
import type { IrInstruction } from "./ir.ts";

/**
 * Prints `--emit=ir`: instructions over virtual registers, with the lines of the rule file between
 * them.
 */
export const printIr = (stages: readonly ProgramStages[]): string =>
  stages.map((program) => print(program, "ir")).join("\n");

/**
 * Prints `--emit=asm`: machine instructions with their numbers, as the verifier's log counts them.
 */
export const disassemble = (stages: readonly ProgramStages[]): string =>
  stages.map((program) => print(program, "machine")).join("\n");

function print(stages: ProgramStages, stage: "ir" | "machine"): string {
  const { unit } = stages;
  const lines = [`${unit.name}:  # ${unit.target.programType}`];
  let index = printFunction(lines, stages[stage], 0);
  for (const own of stages.functions) {
    lines.push("", `${own.name}:  # called by ${unit.name}`);
    index = printFunction(lines, own[stage], index);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Adds a function's lines, with instructions numbered from `first`. Returns the number after the
 * last one.
 */
function printFunction(lines: string[], program: readonly IrInstruction[], first: number): number {
  let index = first;
  let place: string | undefined;
  for (const { instruction, span, comment } of program) {
    const source = span === undefined ? undefined : sourceLine(span);
    if (source !== undefined && source !== place) lines.push(`; ${source}`);
    place = source;
    lines.push(printLine(instruction, index, comment));
    index += instructionWords(instruction);
  }
  return index;
}

function sourceLine(span: Span): string {
  const { line } = positionAt(span.source, span.start);
  return `${span.source.path}:${String(line)}: ${lineText(span.source, line).trim()}`;
}

const COMMENT_COLUMN = 52;

function printLine(instruction: Instruction, index: number, comment: string | undefined): string {
  const text = spell(instruction);
  const line = instruction.kind === "label" ? `      ${text}` : `${String(index).padStart(5)}   ${text}`;
  return comment === undefined ? line : `${line.padEnd(COMMENT_COLUMN)} # ${comment}`;
}

/** Returns an instruction as the verifier's log writes it, with labels in place of distances. */
export function spell(instruction: Instruction): string {
  switch (instruction.kind) {
    case "alu":
      return `${register(instruction.target, instruction.bits)} ${spellOperator(instruction.operator)} ${operand(instruction.source, instruction.bits)}`;
    case "negate":
      return `${register(instruction.target)} = -${register(instruction.target)}`;
    case "swap":
      return `${register(instruction.target)} = be${String(instruction.bits)} ${register(instruction.target)}`;
    case "load":
      return `${register(instruction.target)} = ${memory(instruction)}`;
    case "store":
      return `${memory(instruction)} = ${operand(instruction.source)}`;
    case "atomic":
      return spellAtomic(instruction);
    case "wide":
      return `${register(instruction.target)} = ${String(instruction.value)} ll`;
    case "map":
      return `${register(instruction.target)} = map ${instruction.map}`;
    case "map-value":
      return `${register(instruction.target)} = value of map ${instruction.map} + ${String(instruction.offset)}`;
    case "call":
      return `call bpf_${instruction.helper}#${String(HELPER_FUNCTIONS[instruction.helper].number)}`;
    case "call-own":
      return `call ${instruction.function}`;
    case "jump":
      return `if ${register(instruction.left)} ${instruction.operator} ${operand(instruction.right)} goto ${instruction.to}`;
    case "goto":
      return `goto ${instruction.to}`;
    case "exit":
      return "exit";
    case "label":
      return `${instruction.label}:`;
  }
}

const spellOperator = (operator: string): string => (operator === "=" ? "=" : `${operator}=`);

function spellAtomic(instruction: Extract<Instruction, { readonly kind: "atomic" }>): string {
  const place = memory({ ...instruction, bytes: 8 });
  const source = register(instruction.source);
  switch (instruction.operator) {
    case "add":
      return `lock ${place} += ${source}`;
    case "exchange":
      return `${source} = xchg(${place}, ${source})`;
    case "compare-exchange":
      return `r0 = cmpxchg(${place}, r0, ${source})`;
  }
}

const register = (value: Register, bits: 32 | 64 = 64): string =>
  isVirtual(value) ? `v${String(value - FIRST_VIRTUAL)}` : `${bits === 64 ? "r" : "w"}${String(value)}`;

const operand = (value: Operand, bits: 32 | 64 = 64): string =>
  typeof value === "number" ? register(value, bits) : String(value.immediate);

function memory(access: { readonly base: Register; readonly offset: number; readonly bytes: AccessBytes }): string {
  const sign = access.offset < 0 ? "-" : "+";
  return `*(u${String(8 * access.bytes)} *)(${register(access.base)} ${sign}${String(Math.abs(access.offset))})`;
}
