import { findKernelSymbol, readKernelSymbols, type KernelSymbols } from "./kernel-symbols.ts";
import { findAt, hex, type SymbolAt, type Symbols } from "./symbols.ts";

/**
 * The time for which the kernel's functions are kept when an address is not found: modules come and
 * go.
 */
const KERNEL_KEPT_MS = 10_000;

const HIDDEN =
  "functions of the kernel are shown by their addresses: /proc/kallsyms hides them (sysctl kernel.kptr_restrict, CAP_SYSLOG)";

export interface SymbolsHost {
  readonly nowMs: () => number;
  /** called once with the reason why functions cannot be named */
  readonly onFault: (fault: string) => void;
}

/** Names the functions of the running kernel. Everything is read when it is first needed. */
export function kernelSymbols(host: SymbolsHost): Symbols["kernel"] {
  const kernel = kernelFinder(host);
  return (address, kind) => findAt(kernel, address, kind) ?? hex(address);
}

function kernelFinder({ nowMs, onFault }: SymbolsHost): (address: bigint) => SymbolAt | undefined {
  let symbols: KernelSymbols | undefined;
  let readAtMs = -Infinity;
  let isTold = false;
  return (address) => {
    const found = symbols && findKernelSymbol(symbols, address);
    if (found !== undefined || nowMs() - readAtMs < KERNEL_KEPT_MS) return found;
    readAtMs = nowMs();
    symbols = readKernelSymbols();
    if (symbols === undefined && !isTold) onFault(HIDDEN);
    isTold ||= symbols === undefined;
    return symbols && findKernelSymbol(symbols, address);
  };
}
