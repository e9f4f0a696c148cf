import type { Architecture } from "../../kernel/kernel.ts";

/** Macros of C with their values, and the headers that define them, as a C program includes them (below include/uapi of the kernel). */
export interface MacroTable {
  readonly headers: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  /** those that only some architectures have */
  readonly only?: Readonly<Partial<Record<Architecture, Readonly<Record<string, number>>>>>;
}
