import type { Architecture } from "../../kernel/kernel.ts";

/** The members of `struct pt_regs` in order, 8 bytes each (arch/x86/include/asm/ptrace.h). */
const X86_REGISTERS = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split(" ");

/**
 * Registers and their parts by all assembler names, with the offset of the part in `struct
 * pt_regs`.
 */
const OFFSETS: Readonly<Record<Architecture, ReadonlyMap<string, number>>> = {
  x86_64: new Map(X86_REGISTERS.flatMap((name, index) => x86Names(name).map(([each, at]) => [each, index * 8 + at]))),
  aarch64: new Map([
    ...Array.from({ length: 31 }, (_, index) => index).flatMap((index): [string, number][] => [
      [`x${index}`, index * 8],
      [`w${index}`, index * 8],
    ]),
    ["fp", 29 * 8],
    ["lr", 30 * 8],
    ["sp", 31 * 8],
    ["pc", 32 * 8],
  ]),
};

/**
 * Returns the names of one register: `rax eax ax al ah`, `rsi esi si sil`, `r8 r8d r8w r8b`, `rip`.
 * All begin at the least significant byte except `ah`.
 */
function x86Names(name: string): readonly (readonly [string, number])[] {
  if (/^r\d/.test(name)) return ["", "d", "w", "b"].map((suffix) => [`${name}${suffix}`, 0]);
  if (name === "ip") return [["rip", 0]];
  if (/^[abcd]x$/.test(name)) {
    const letter = name.charAt(0);
    return [
      [`r${name}`, 0],
      [`e${name}`, 0],
      [name, 0],
      [`${letter}l`, 0],
      [`${letter}h`, 1],
    ];
  }
  if (/^(si|di|bp|sp)$/.test(name)) return [`r${name}`, `e${name}`, name, `${name}l`].map((each) => [each, 0]);
  return [];
}

/**
 * Returns the byte offset in `struct pt_regs` of a register by its assembler name. Returns
 * undefined for a register that is not in it, such as a vector register.
 */
export function registerOffset(name: string, architecture: Architecture): number | undefined {
  return OFFSETS[architecture].get(name);
}
