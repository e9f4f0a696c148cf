import { HELPER_FUNCTIONS } from "./helper-function.ts";
import { FRAME } from "./instruction.ts";
import type { AccessBytes, AluOperator, AtomicOperator, Instruction, JumpOperator, Operand } from "./instruction.ts";

/*
 * struct bpf_insn, little-endian (Documentation/bpf/standardization/instruction-set.rst):
 *
 *   byte   0        1            2 3          4 5 6 7
 *        +--------+-----+-----+------------+------------------------+
 *        | opcode | dst | src |   offset   |       immediate        |
 *        +--------+-----+-----+------------+------------------------+
 *                  low   high   s16          s32
 *
 * opcode of arithmetic and jumps:  operation(4) source(1) class(3)
 * opcode of loads and stores:      mode(3) size(2) class(3)
 *
 * A source of 1 is the src register, 0 is the immediate.
 */
const CLASS = { ld: 0x00, ldx: 0x01, st: 0x02, stx: 0x03, alu: 0x04, jmp: 0x05, alu64: 0x07 } as const;
const SOURCE_REGISTER = 0x08;
const MODE = { immediate: 0x00, memory: 0x60, atomic: 0xc0 } as const;
const SIZE: Readonly<Record<AccessBytes, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };

const PSEUDO_MAP_FD = 1;
const PSEUDO_MAP_VALUE = 2;
const PSEUDO_CALL = 1;

const ALU_CODE: Readonly<Record<AluOperator, number>> = {
  "+": 0x00,
  "-": 0x10,
  "*": 0x20,
  "/": 0x30,
  "s/": 0x30,
  "|": 0x40,
  "&": 0x50,
  "<<": 0x60,
  ">>": 0x70,
  "%": 0x90,
  "s%": 0x90,
  "^": 0xa0,
  "=": 0xb0,
  "s>>": 0xc0,
};
const NEGATE = 0x80;
const TO_BIG_ENDIAN = 0xd0 | SOURCE_REGISTER;

const JUMP_CODE: Readonly<Record<JumpOperator, number>> = {
  "==": 0x10,
  ">": 0x20,
  ">=": 0x30,
  "&": 0x40,
  "!=": 0x50,
  "s>": 0x60,
  "s>=": 0x70,
  "<": 0xa0,
  "<=": 0xb0,
  "s<": 0xc0,
  "s<=": 0xd0,
};
const CALL = 0x80;
const EXIT = 0x90;

const ATOMIC_CODE: Readonly<Record<AtomicOperator, number>> = {
  add: 0x00,
  exchange: 0xe1,
  "compare-exchange": 0xf1,
};

/** The five fields of one 8-byte word. */
interface Word {
  readonly opcode: number;
  readonly target?: number;
  readonly source?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

/**
 * Writes an instruction over machine registers at byte `at` of `view`. `jumpOffset` is the distance
 * in words from the next instruction to the target of a jump or call. Map references are written
 * with immediate 0 for the loader to fill in.
 */
export function encodeInstruction(view: DataView, at: number, instruction: Instruction, jumpOffset: number): void {
  words(instruction, jumpOffset).forEach((word, index) => {
    writeWord(view, at + 8 * index, word);
  });
}

function writeWord(view: DataView, at: number, word: Word): void {
  const target = machineRegister(word.target ?? 0);
  const source = machineRegister(word.source ?? 0);
  view.setUint8(at, word.opcode);
  view.setUint8(at + 1, (source << 4) | target);
  view.setInt16(at + 2, signed16(word.offset ?? 0), true);
  view.setInt32(at + 4, word.immediate ?? 0, true);
}

function words(instruction: Instruction, jumpOffset: number): readonly Word[] {
  switch (instruction.kind) {
    case "alu": {
      const opcode = ALU_CODE[instruction.operator] | (instruction.bits === 64 ? CLASS.alu64 : CLASS.alu);
      const signedDivision = instruction.operator === "s/" || instruction.operator === "s%";
      const word = withOperand(opcode, instruction.target, instruction.source);
      return [signedDivision ? { ...word, offset: 1 } : word];
    }
    case "negate":
      return [{ opcode: NEGATE | CLASS.alu64, target: instruction.target }];
    case "swap":
      return [{ opcode: TO_BIG_ENDIAN | CLASS.alu, target: instruction.target, immediate: instruction.bits }];
    case "load": {
      const opcode = MODE.memory | SIZE[instruction.bytes] | CLASS.ldx;
      return [{ opcode, target: instruction.target, source: instruction.base, offset: instruction.offset }];
    }
    case "store": {
      const opcode = MODE.memory | SIZE[instruction.bytes];
      const { base, offset, source } = instruction;
      return typeof source === "number"
        ? [{ opcode: opcode | CLASS.stx, target: base, source, offset }]
        : [{ opcode: opcode | CLASS.st, target: base, offset, immediate: source.immediate }];
    }
    case "atomic": {
      const opcode = MODE.atomic | SIZE[8] | CLASS.stx;
      const { base, offset, source } = instruction;
      return [{ opcode, target: base, source, offset, immediate: ATOMIC_CODE[instruction.operator] }];
    }
    case "wide":
      return wideWords(instruction.target, 0, low32(instruction.value), low32(instruction.value >> 32n));
    case "map":
      return wideWords(instruction.target, PSEUDO_MAP_FD, 0, 0);
    case "map-value":
      return wideWords(instruction.target, PSEUDO_MAP_VALUE, 0, instruction.offset);
    case "call":
      return [{ opcode: CALL | CLASS.jmp, immediate: HELPER_FUNCTIONS[instruction.helper].number }];
    case "call-own":
      return [{ opcode: CALL | CLASS.jmp, source: PSEUDO_CALL, immediate: jumpOffset }];
    case "jump": {
      const opcode = JUMP_CODE[instruction.operator] | CLASS.jmp;
      return [{ ...withOperand(opcode, instruction.left, instruction.right), offset: jumpOffset }];
    }
    case "goto":
      return [{ opcode: CLASS.jmp, offset: jumpOffset }];
    case "exit":
      return [{ opcode: EXIT | CLASS.jmp }];
    case "label":
      return [];
  }
}

function withOperand(opcode: number, target: number, source: Operand): Word {
  return typeof source === "number"
    ? { opcode: opcode | SOURCE_REGISTER, target, source }
    : { opcode, target, immediate: source.immediate };
}

function wideWords(target: number, source: number, low: number, high: number): readonly Word[] {
  const opcode = MODE.immediate | SIZE[8] | CLASS.ld;
  return [
    { opcode, target, source, immediate: low },
    { opcode: 0, immediate: high },
  ];
}

const low32 = (value: bigint): number => Number(BigInt.asIntN(32, value));

function machineRegister(register: number): number {
  if (register > FRAME) throw new Error(`virtual register ${String(register)} reached the encoder`);
  return register;
}

function signed16(offset: number): number {
  if (offset < -0x8000 || offset > 0x7fff) throw new Error(`offset ${String(offset)} does not fit into 16 bits`);
  return offset;
}
