import { readFileSync } from "node:fs";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/** The functions of the kernel and its modules, sorted by address. */
export interface KernelSymbols {
  /** addresses minus `LOWEST`, which doubles hold exactly */
  readonly starts: Float64Array;
  /** where each name begins in `text`; one more entry marks the end */
  readonly names: Uint32Array;
  readonly text: Buffer;
}

/** The lowest address of a kernel: the upper half of a 48-bit space on x86-64 and arm64. */
const LOWEST = 0xffff_0000_0000_0000n;

/**
 * An address this far after the start of a function is in no function. It is in a module that was
 * loaded since, or in memory that the kernel generated.
 */
const LONGEST_FUNCTION = 1024 * 1024;

/**
 * Reads the kernel's functions, or returns undefined if the addresses are hidden
 * (kernel.kptr_restrict, or a reader without CAP_SYSLOG).
 */
export function readKernelSymbols(path = "/proc/kallsyms"): KernelSymbols | undefined {
  try {
    return parseKallsyms(readFileSync(path));
  } catch {
    return undefined;
  }
}

export function findKernelSymbol({ starts, names, text }: KernelSymbols, address: bigint): SymbolAt | undefined {
  const at = Number(address - LOWEST);
  const index = greatestUpTo(starts, at);
  const offset = at - (starts[index] ?? NaN);
  if (!(offset < LONGEST_FUNCTION)) return undefined;
  return { name: text.toString("latin1", names[index], names[index + 1]).replace("\t", " "), offset };
}

const [NEWLINE, SPACE] = [0x0a, 0x20];
const CODE = new Set(Buffer.from("tTwW"));

/**
 * Parses lines of `ffffffff81000000 T name`, with `\t[module]` after functions of modules (s_show
 * in kernel/kallsyms.c). There are 200,000 lines, so they are read byte by byte into one text and
 * two arrays. Returns undefined if no function has an address.
 */
export function parseKallsyms(bytes: Buffer): KernelSymbols | undefined {
  const starts: number[] = [];
  const ranges: number[] = [];
  for (let line = 0; line < bytes.length;) {
    const found = bytes.indexOf(NEWLINE, line);
    const end = found < 0 ? bytes.length : found;
    const space = bytes.indexOf(SPACE, line);
    const start = hexNumber(bytes, line, space);
    if (start >= 0 && CODE.has(bytes[space + 1] ?? 0)) {
      starts.push(start);
      ranges.push(space + 3, end);
    }
    line = end + 1;
  }
  return starts.length === 0 ? undefined : sorted(bytes, starts, ranges);
}

/**
 * Returns a 64-bit number minus `LOWEST`. It is negative for numbers below, such as hidden
 * addresses, which are all 0.
 */
function hexNumber(bytes: Buffer, from: number, to: number): number {
  if (to - from !== 16 || bytes[from] !== 0x66 /* f */) return -1;
  let value = 0;
  for (let at = from + 4; at < to; at++) {
    const byte = bytes[at] ?? 0;
    value = value * 16 + (byte > 0x39 ? byte - 0x57 : byte - 0x30);
  }
  return value;
}

function sorted(bytes: Buffer, starts: readonly number[], ranges: readonly number[]): KernelSymbols {
  const order = Uint32Array.from(starts.keys()).toSorted((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0));
  const names = new Uint32Array(order.length + 1);
  const text = Buffer.allocUnsafe(bytes.length);
  let used = 0;
  order.forEach((symbol, index) => {
    names[index] = used;
    used += bytes.copy(text, used, ranges[2 * symbol], ranges[2 * symbol + 1]);
  });
  names[order.length] = used;
  return {
    starts: Float64Array.from(order, (symbol) => starts[symbol] ?? 0),
    names,
    text: Buffer.from(text.subarray(0, used)),
  };
}
