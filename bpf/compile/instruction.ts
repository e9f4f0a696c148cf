import type { HelperName } from "./helper-function.ts";

/**
 * r0 to r10 of the machine are 0 to 10. `FIRST_VIRTUAL` and up are virtual registers, which the
 * allocator replaces.
 */
export type Register = number;

export const R0: Register = 0;
export const R1: Register = 1;
/** the frame pointer, read only */
export const FRAME: Register = 10;
export const FIRST_VIRTUAL: Register = 16;

export const isVirtual = (register: Register): boolean => register >= FIRST_VIRTUAL;

/** A 32-bit constant, sign-extended to 64 bits by the machine. */
export interface Immediate {
  readonly immediate: number;
}
export type Operand = Register | Immediate;

/** A place in a program, unique within it. */
export type Label = string;

export type AccessBytes = 1 | 2 | 4 | 8;

export type AluOperator = "+" | "-" | "*" | "/" | "|" | "&" | "<<" | ">>" | "%" | "^" | "=" | "s>>" | "s/" | "s%";

/** "&" jumps if a common bit is set. */
export type JumpOperator = "==" | "!=" | ">" | ">=" | "<" | "<=" | "s>" | "s>=" | "s<" | "s<=" | "&";

export type AtomicOperator = "add" | "exchange" | "compare-exchange";

/** One instruction, over machine or virtual registers. */
export type Instruction =
  /** `target` operator= `source`; 32-bit forms clear the upper half */
  | {
      readonly kind: "alu";
      readonly operator: AluOperator;
      readonly bits: 32 | 64;
      readonly target: Register;
      readonly source: Operand;
    }
  | { readonly kind: "negate"; readonly target: Register }
  /**
   * to big-endian, which reverses the bytes on the supported little-endian machines; clears the
   * bits above
   */
  | { readonly kind: "swap"; readonly bits: 16 | 32 | 64; readonly target: Register }
  /** zero-extending */
  | {
      readonly kind: "load";
      readonly bytes: AccessBytes;
      readonly target: Register;
      readonly base: Register;
      readonly offset: number;
    }
  | {
      readonly kind: "store";
      readonly bytes: AccessBytes;
      readonly base: Register;
      readonly offset: number;
      readonly source: Operand;
    }
  /**
   * 64 bits. "exchange" leaves the old value in `source`. "compare-exchange" compares with r0, and
   * leaves the old value there.
   */
  | {
      readonly kind: "atomic";
      readonly operator: AtomicOperator;
      readonly base: Register;
      readonly offset: number;
      readonly source: Register;
    }
  | { readonly kind: "wide"; readonly target: Register; readonly value: bigint }
  | { readonly kind: "map"; readonly target: Register; readonly map: string }
  | { readonly kind: "map-value"; readonly target: Register; readonly map: string; readonly offset: number }
  /** arguments in r1 to r5, which the call destroys; the result is in r0 */
  | { readonly kind: "call"; readonly helper: HelperName }
  /** a call of an own function of the program, which comes after it; called like a helper */
  | { readonly kind: "call-own"; readonly function: string; readonly arguments: number }
  | {
      readonly kind: "jump";
      readonly operator: JumpOperator;
      readonly left: Register;
      readonly right: Operand;
      readonly to: Label;
    }
  | { readonly kind: "goto"; readonly to: Label }
  | { readonly kind: "exit" }
  /** not an instruction of the machine: the target of jumps */
  | { readonly kind: "label"; readonly label: Label };

export const immediate = (value: number): Immediate => ({ immediate: value });

export const alu = (target: Register, operator: AluOperator, source: Operand, bits: 32 | 64 = 64): Instruction => ({
  kind: "alu",
  operator,
  bits,
  target,
  source,
});
export const move = (target: Register, source: Operand): Instruction => alu(target, "=", source);
export const load = (bytes: AccessBytes, target: Register, base: Register, offset: number): Instruction => ({
  kind: "load",
  bytes,
  target,
  base,
  offset,
});
export const store = (bytes: AccessBytes, base: Register, offset: number, source: Operand): Instruction => ({
  kind: "store",
  bytes,
  base,
  offset,
  source,
});
export const atomic = (operator: AtomicOperator, base: Register, offset: number, source: Register): Instruction => ({
  kind: "atomic",
  operator,
  base,
  offset,
  source,
});
export const jump = (left: Register, operator: JumpOperator, right: Operand, to: Label): Instruction => ({
  kind: "jump",
  operator,
  left,
  right,
  to,
});
export const goTo = (to: Label): Instruction => ({ kind: "goto", to });
export const call = (helper: HelperName): Instruction => ({ kind: "call", helper });
export const mapDescriptor = (target: Register, map: string): Instruction => ({ kind: "map", target, map });
export const mapValue = (target: Register, map: string, offset: number): Instruction => ({
  kind: "map-value",
  target,
  map,
  offset,
});
export const wide = (target: Register, value: bigint): Instruction => ({ kind: "wide", target, value });
export const negate = (target: Register): Instruction => ({ kind: "negate", target });
export const swap = (target: Register, bits: 16 | 32 | 64): Instruction => ({ kind: "swap", bits, target });
export const EXIT: Instruction = { kind: "exit" };

/** Returns how many 8-byte words of the program an instruction takes. */
export function instructionWords(instruction: Instruction): number {
  switch (instruction.kind) {
    case "label":
      return 0;
    case "wide":
    case "map":
    case "map-value":
      return 2;
    default:
      return 1;
  }
}

/**
 * True if `value`, as a signed 64-bit number, survives the machine's sign extension from 32 bits.
 */
export const fitsImmediate = (value: bigint): boolean => BigInt.asIntN(32, value) === BigInt.asIntN(64, value);
