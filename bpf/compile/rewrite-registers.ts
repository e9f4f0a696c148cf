import type { Instruction, Operand, Register } from "./instruction.ts";

/** Returns the same instruction with every register replaced. */
export function mapRegisters(instruction: Instruction, replace: (register: Register) => Register): Instruction {
  const operand = (value: Operand): Operand => (typeof value === "number" ? replace(value) : value);
  switch (instruction.kind) {
    case "alu":
      return { ...instruction, target: replace(instruction.target), source: operand(instruction.source) };
    case "negate":
    case "swap":
    case "wide":
    case "map":
    case "map-value":
      return { ...instruction, target: replace(instruction.target) };
    case "load":
      return { ...instruction, target: replace(instruction.target), base: replace(instruction.base) };
    case "store":
      return { ...instruction, base: replace(instruction.base), source: operand(instruction.source) };
    case "atomic":
      return { ...instruction, base: replace(instruction.base), source: replace(instruction.source) };
    case "jump":
      return { ...instruction, left: replace(instruction.left), right: operand(instruction.right) };
    case "call":
    case "call-own":
    case "goto":
    case "exit":
    case "label":
      return instruction;
  }
}
