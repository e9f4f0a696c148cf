import { instructionLength, LONGEST } from "../../kernel/elf/instruction-length.ts";
import type { ElfFile, ElfSymbol, Kernel } from "../../kernel/kernel.ts";

/** A place in a program that a rule probes, and the code in the file at that place. */
interface WantedPlace {
  readonly kind: "uprobe" | "uretprobe";
  readonly path: string;
  /** as the rule spells it */
  readonly symbol: string;
  readonly offset: number;
  readonly at: ElfSymbol;
  readonly file: ElfFile;
  readonly kernel: Kernel;
}

/**
 * Returns why a place of a program must not be probed, and what to write instead. Returns undefined
 * if it may be probed.
 */
export function placeFault(wanted: WantedPlace): readonly [message: string, help: string] | undefined {
  const { kind, path, symbol, offset, at, file, kernel } = wanted;
  const returns = kind === "uretprobe";
  if (at.sameName !== undefined) return severalOf(kind, path, symbol, at.sameName);
  const within = (at.within ?? 0) + offset;
  const wrong = within === 0 ? undefined : offsetFault(file, at, within, returns, kernel);
  if (wrong !== undefined) {
    const name = at.within === undefined ? symbol : at.name;
    const probes = (wrong.instead ?? [0]).map((start) => `"${kind}:${path}:${name}${start === 0 ? "" : `+${start}`}"`);
    return [wrong.message, `write ${probes.join(" or ")}`];
  }
  return returns && file.isGo && at.name.includes(".") ? inGo(path, symbol) : undefined;
}

/**
 * Explains that several functions have the name, so that it does not say which of them is meant.
 */
function severalOf(
  kind: string,
  path: string,
  symbol: string,
  all: readonly string[],
): readonly [message: string, help: string] {
  const probes = all.map((each) => `"${kind}:${path}:${each}"`);
  return [
    `"${path}" has ${all.length} functions "${symbol}"`,
    `write one of ${probes.slice(0, MOST_TOLD).join(", ")}${probes.length > MOST_TOLD ? ", …" : ""}; for all of them {any: [...]}`,
  ];
}

const MOST_TOLD = 8;

/**
 * Explains why returns of Go functions are not probed. A uretprobe puts a return address on the
 * stack that is not in Go's tables. When the stack grows, the Go runtime moves it, finds the
 * address and ends the program ("unexpected return pc").
 */
function inGo(path: string, symbol: string): readonly [message: string, help: string] {
  return [
    `"${path}" is a Go program: a probe at the return of "${symbol}" would end it when its stack grows`,
    `write "uprobe:${path}:${symbol}", or an offset of a return instruction, which "objdump -d" shows: "uprobe:${path}:${symbol}+OFFSET"`,
  ];
}

interface OffsetFault {
  readonly message: string;
  /** offsets that can be probed */
  readonly instead?: readonly number[];
}

/**
 * Returns the error of an offset. The kernel puts a breakpoint at any offset, and in the middle of
 * an instruction the program would crash.
 */
function offsetFault(
  file: ElfFile,
  symbol: ElfSymbol,
  offset: number,
  returns: boolean,
  { architecture }: Kernel,
): OffsetFault | undefined {
  const { bytes = 0, name } = symbol;
  if (returns) return { message: `expected a function that returns, found an offset within "${name}"` };
  if (bytes > 0 && offset >= bytes)
    return { message: `expected an offset within the ${bytes} bytes of "${name}", found ${offset}` };
  if (architecture === "aarch64") {
    const start = offset - (offset % 4);
    return start === offset ? undefined : between(offset, start, start + 4);
  }
  const wrong =
    file.code && withinInstruction(file.code(symbol.fileOffset - (symbol.within ?? 0), offset + LONGEST), offset);
  const instead = wrong?.instead?.filter((place) => bytes === 0 || place < bytes);
  return wrong && { ...wrong, ...(instead && { instead }) };
}

function between(offset: number, start: number, next: number): OffsetFault {
  return { message: `expected the start of an instruction, found an offset of ${offset}`, instead: [start, next] };
}

/**
 * Returns the error of an offset within an instruction of x86-64. The starts of instructions can be
 * found only from the function's first one on.
 */
function withinInstruction(code: Uint8Array, offset: number): OffsetFault | undefined {
  for (let start = 0; start < offset;) {
    const length = instructionLength(code, start);
    if (length === undefined)
      return {
        message: `expected the start of an instruction, found an offset of ${offset} after bytes at ${start} that are not an instruction`,
      };
    if (start + length > offset) return between(offset, start, start + length);
    start += length;
  }
  return undefined;
}
