import type { Architecture } from "../../kernel/kernel.ts";

/**
 * C macros with their values, and the headers that a C program includes for them (below
 * include/uapi of the kernel).
 */
export interface MacroTable {
  readonly headers: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  /** macros that only some architectures have */
  readonly only?: Readonly<Partial<Record<Architecture, Readonly<Record<string, number>>>>>;
}
