import { evaluateBinary, evaluateSwap } from "../../../bpf/check/constant-fold.ts";
import { labelIndex, labelIndexes } from "../../../bpf/compile/control-flow.ts";
import type { Instruction, JumpOperator, Operand, Register } from "../../../bpf/compile/instruction.ts";
import type { IrInstruction } from "../../../bpf/compile/ir.ts";

/** Instructions that a run may take before it is taken for endless. */
const FUEL = 100_000;
/** The address in the frame pointer; the stack grows down from it. */
const FRAME_TOP = 1 << 20;

type Comparison = Exclude<JumpOperator, "&">;
const SIGNED: Readonly<Record<Comparison, readonly ["==" | "!=" | "<" | "<=" | ">" | ">=", boolean]>> = {
  "==": ["==", false],
  "!=": ["!=", false],
  "<": ["<", false],
  "<=": ["<=", false],
  ">": [">", false],
  ">=": [">=", false],
  "s<": ["<", true],
  "s<=": ["<=", true],
  "s>": [">", true],
  "s>=": [">=", true],
};

/**
 * Runs a program over machine or virtual registers and gives r0 and the results that helpers were
 * called with. A call gives a number that follows from its arguments, and puts rubbish into r1 to
 * r5 as the kernel may.
 */
export function interpret(program: readonly IrInstruction[]): {
  readonly result: bigint;
  readonly calls: readonly bigint[];
} {
  const labels = labelIndexes(program);
  const registers = new Map<Register, bigint>([[10, BigInt(FRAME_TOP)]]);
  const memory = new Map<bigint, bigint>();
  const calls: bigint[] = [];
  const read = (register: Register): bigint => {
    const value = registers.get(register);
    if (value === undefined) throw new Error(`register ${String(register)} is read before it is written`);
    return value;
  };
  const value = (operand: Operand): bigint =>
    typeof operand === "number" ? read(operand) : BigInt.asUintN(64, BigInt(operand.immediate));
  let index = 0;
  for (let fuel = FUEL; fuel > 0; fuel--) {
    const instruction = program[index++]?.instruction;
    if (instruction === undefined) throw new Error("ran over the end");
    if (instruction.kind === "exit") return { result: read(0), calls };
    if (instruction.kind === "goto") index = labelIndex(labels, instruction.to);
    else if (instruction.kind === "jump") {
      if (holds(instruction, value)) index = labelIndex(labels, instruction.to);
    } else if (instruction.kind === "call") {
      const result = BigInt.asUintN(64, 31n * read(1) + 17n * read(2) + 1n);
      calls.push(result);
      for (const register of [1, 2, 3, 4, 5]) registers.set(register, 0xdeadn + BigInt(register));
      registers.set(0, result);
    } else execute(instruction, registers, memory, read, value);
  }
  throw new Error("does not end");
}

function holds(
  instruction: Extract<Instruction, { readonly kind: "jump" }>,
  value: (operand: Operand) => bigint,
): boolean {
  const [left, right] = [value(instruction.left), value(instruction.right)];
  if (instruction.operator === "&") return (left & right) !== 0n;
  const [operator, signed] = SIGNED[instruction.operator];
  return evaluateBinary(operator, signed, left, right) !== 0n;
}

function execute(
  instruction: Instruction,
  registers: Map<Register, bigint>,
  memory: Map<bigint, bigint>,
  read: (register: Register) => bigint,
  value: (operand: Operand) => bigint,
): void {
  switch (instruction.kind) {
    case "alu": {
      const { operator, target, source } = instruction;
      const signed = operator.startsWith("s");
      const plain = (signed ? operator.slice(1) : operator) as "+" | "=";
      registers.set(
        target,
        plain === "=" ? value(source) : BigInt.asUintN(64, evaluateBinary(plain, signed, read(target), value(source))),
      );
      return;
    }
    case "negate":
      registers.set(instruction.target, BigInt.asUintN(64, -read(instruction.target)));
      return;
    case "swap":
      registers.set(instruction.target, BigInt.asUintN(64, evaluateSwap(instruction.bits, read(instruction.target))));
      return;
    case "wide":
      registers.set(instruction.target, BigInt.asUintN(64, instruction.value));
      return;
    case "load":
      registers.set(instruction.target, memory.get(read(instruction.base) + BigInt(instruction.offset)) ?? 0n);
      return;
    case "store":
      memory.set(read(instruction.base) + BigInt(instruction.offset), value(instruction.source));
      return;
    case "label":
      return;
    default:
      throw new Error(`${instruction.kind} is not interpreted`);
  }
}
