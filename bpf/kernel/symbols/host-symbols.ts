import { findKernelSymbol, readKernelSymbols, type KernelSymbols } from "./kernel-symbols.ts";
import { MappedFiles } from "./mapped-files.ts";
import { ProcessSymbols } from "./process-symbols.ts";
import { findAt, hex, type ProcessIdentity, type SymbolAt, type Symbols } from "./symbols.ts";

/** How long the kernel's functions are good for where an address is not found: modules come and go. */
const KERNEL_KEPT_MS = 10_000;
/** Processes that are remembered: those that have ended since are named from memory. */
const PROCESSES = 256;

const HIDDEN =
  "functions of the kernel are shown by their addresses: /proc/kallsyms hides them (sysctl kernel.kptr_restrict, CAP_SYSLOG)";

export interface SymbolsHost {
  readonly nowMs: () => number;
  /** told, once, of what keeps functions from being named */
  readonly onFault: (fault: string) => void;
}

/** The functions of the running kernel and its processes. Everything is read when it is first needed. */
export function hostSymbols(host: SymbolsHost): Symbols {
  const kernel = kernelFinder(host);
  const processes = new Map<string, ProcessSymbols>();
  const files = new MappedFiles();
  const processOf = (identity: ProcessIdentity): ProcessSymbols => {
    const key = `${identity.pid} ${identity.startNs}`;
    const found = processes.get(key) ?? new ProcessSymbols(identity, files, host.nowMs);
    processes.delete(key);
    processes.set(key, found);
    if (processes.size > PROCESSES) processes.delete(processes.keys().next().value ?? key);
    return found;
  };
  return {
    kernel: (address, kind) => findAt(kernel, address, kind) ?? hex(address),
    user: (identity, address, kind) => processOf(identity).text(address, kind),
  };
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
