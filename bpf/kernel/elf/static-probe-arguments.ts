import type { Architecture, StaticProbeArgument } from "../kernel.ts";

type ArgumentLocation = StaticProbeArgument["at"];

/**
 * Returns the address of a symbol relative to the probe's own, for arguments that are beside the
 * code.
 */
export type SymbolDistance = (name: string) => number | undefined;

/**
 * One argument: its size, and its operand as an assembler spells it. An operand of aarch64 in
 * brackets may contain spaces. Each part ends where the next one can begin, so the time is linear:
 * anybody can write this text.
 */
const ARGUMENT = /(?<!\S)([^\s@]+)@(\[[^\][@]*\]|\S+)/g;

/**
 * Parses the arguments of a static probe as its note spells them, such as `-4@-20(%rbp) 8@$5
 * 4@%eax`. Each has a size in bytes, negative if the value is signed, and an operand in the
 * assembler's own syntax (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation). A
 * text in place of an argument says why it cannot be read.
 *
 * @param isOneOfSeveral true if several symbols of the file have a name: the note does not
 *   distinguish them
 */
export function parseStaticProbeArguments(
  text: string,
  architecture: Architecture,
  distance: SymbolDistance,
  isOneOfSeveral: (symbol: string) => boolean = () => false,
): readonly (StaticProbeArgument | string)[] {
  return [...text.matchAll(ARGUMENT)].map(([spelled, size = "", operand = ""]) => {
    const width = widthOf(size);
    if (width === undefined) return `it is spelled "${spelled}"`;
    if (typeof width === "string") return width;
    let unknown: string | undefined;
    const at = OPERANDS[architecture](operand, (symbol) => {
      const found = distance(symbol);
      if (found === undefined) unknown = symbol;
      return found;
    });
    if (at !== undefined) return { ...width, at };
    if (unknown === undefined) return `it is spelled "${spelled}"`;
    return isOneOfSeveral(unknown) ? `the file has several variables "${unknown}"` : noSymbol(unknown);
  });
}

function noSymbol(name: string): string {
  return `it is at the variable "${name}", for which the file has no symbol: use a build with .symtab, not stripped`;
}

/** Returns the symbols that operands are relative to. */
export function symbolsNamed(text: string, architecture: Architecture): readonly string[] {
  const names: string[] = [];
  parseStaticProbeArguments(text, architecture, (name) => {
    names.push(name);
    return undefined;
  });
  return names;
}

function widthOf(size: string): Pick<StaticProbeArgument, "bytes" | "signed"> | string | undefined {
  if (/^-?\d+f$/.test(size)) return "it is a floating-point number";
  const bytes = /^-?[1248]$/.test(size) ? (Math.abs(Number(size)) as StaticProbeArgument["bytes"]) : undefined;
  return bytes === undefined ? undefined : { bytes, signed: size.startsWith("-") };
}

const OPERANDS: Readonly<
  Record<Architecture, (operand: string, distance: SymbolDistance) => ArgumentLocation | undefined>
> = {
  x86_64: x86Operand,
  aarch64: armOperand,
};

/**
 * Parses `$5`, `%eax`, `-20(%rbp)`, `8(%rax,%rdx,4)`, `counter+8(%rip)`, `8+counter(%rip)` or
 * `counter(%rip)`.
 */
function x86Operand(operand: string, distance: SymbolDistance): ArgumentLocation | undefined {
  if (operand.startsWith("$")) return constantAt(operand.slice(1));
  const register = /^%(\w+)$/.exec(operand)?.[1];
  if (register !== undefined) return { kind: "register", register };
  const match = /^([^()]*)\(%(\w+)(?:,%(\w+)(?:,([1248]))?)?\)$/.exec(operand);
  if (match === null) return undefined;
  const [, displacement = "", base = "", index, scale = "1"] = match;
  const offset =
    base === "rip" ? distanceTo(displacement, distance) : numberOf(displacement === "" ? "0" : displacement);
  if (offset === undefined) return undefined;
  return { kind: "memory", base, ...(index !== undefined && { index }), scale: Number(scale), offset };
}

/**
 * Returns the distance for an operand of `(%rip)`: a symbol, and a number on either side of it.
 * While a probe runs, rip is its own address.
 */
function distanceTo(displacement: string, distance: SymbolDistance): number | undefined {
  const [, before = "0", symbol = "", after = "0"] =
    /^(?:([+-]?\w+)\+)?([A-Za-z_.$][\w.$@]*)([+-]\d\w*)?$/.exec(displacement) ?? [];
  const base = symbol === "" ? undefined : distance(symbol);
  const [first, second] = [numberOf(before), numberOf(after)];
  return base === undefined || first === undefined || second === undefined ? undefined : base + first + second;
}

/** Parses `5`, `x0`, `w0`, `[x0]`, `[sp, 12]`, `[x0, x1]` or `[x0, x1, lsl 3]`. */
function armOperand(operand: string): ArgumentLocation | undefined {
  if (/^-?\d/.test(operand)) return constantAt(operand);
  if (/^[a-z]\w*$/.test(operand)) return { kind: "register", register: operand };
  const match = /^\[(\w+)(?:, *(?:#?(-?\w+)|([xw]\d+)(?:, *lsl #?([0-3]))?))?\]$/.exec(operand);
  if (match === null) return undefined;
  const [, base = "", second, , shift = "0"] = match;
  const isIndex = second !== undefined && /^[xw]\d+$/.test(second);
  const index = isIndex ? second : match[3];
  const offset = second === undefined || isIndex ? 0 : numberOf(second);
  if (offset === undefined) return undefined;
  return { kind: "memory", base, ...(index !== undefined && { index }), scale: 2 ** Number(shift), offset };
}

function constantAt(text: string): ArgumentLocation | undefined {
  const value = /^-?(0x[\da-f]+|\d+)$/i.test(text) ? BigInt(text.replace("-", "")) : undefined;
  return value === undefined ? undefined : { kind: "constant", value: text.startsWith("-") ? -value : value };
}

function numberOf(text: string): number | undefined {
  const value = /^[+-]?(0x[\da-f]+|\d+)$/i.test(text) ? Number(text.replace(/^[+-]/, "")) : undefined;
  return value === undefined ? undefined : text.startsWith("-") ? -value : value;
}

/** Returns a text that is equal for probes whose arguments are in the same registers and memory. */
export function argumentsKey(all: readonly (StaticProbeArgument | string)[]): string {
  return JSON.stringify(all, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
}
