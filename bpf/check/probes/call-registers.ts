import type { Architecture } from "../../kernel/kernel.ts";

/** Byte offsets in `struct pt_regs` of the registers that carry a call's arguments and its result. */
interface CallRegisters {
  readonly arguments: readonly number[];
  readonly result: number;
}

/**
 * System V AMD64 ABI (rdi rsi rdx rcx r8 r9; rax) and AAPCS64 (x0 to x5; x0): the same for programs
 * and for the kernel's own functions.
 */
export const CALL_REGISTERS: Readonly<Record<Architecture, CallRegisters>> = {
  x86_64: { arguments: [112, 104, 96, 88, 72, 64], result: 80 },
  aarch64: { arguments: [0, 8, 16, 24, 32, 40], result: 0 },
};
