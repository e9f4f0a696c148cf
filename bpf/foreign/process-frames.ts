import { MappedFiles } from "../kernel/symbols/mapped-files.ts";
import { ProcessSymbols } from "../kernel/symbols/process-symbols.ts";
import type { Question } from "./protocol.ts";

/**
 * The memory of all processes together, in mappings and compiled functions. Processes that have
 * ended since are named from it.
 */
const REMEMBERED = 200_000;
const PROCESSES = 256;

const files = new MappedFiles();
const processes = new Map<string, ProcessSymbols>();

/** Returns the functions at addresses of a process, in the order of the addresses. */
export function processFrames(
  { addresses, pid, startNs }: Extract<Question, { readonly kind: "frames" }>,
  nowMs: () => number,
): readonly string[] {
  const symbols = symbolsOf(pid, startNs, nowMs);
  const frames = addresses.map(([address, kind]) => symbols.text(BigInt(`0x${address}`), kind));
  forgetOldest();
  return frames;
}

function symbolsOf(pid: number, startNs: string, nowMs: () => number): ProcessSymbols {
  const key = `${pid} ${startNs}`;
  const found = processes.get(key) ?? new ProcessSymbols({ pid, startNs: BigInt(startNs) }, files, nowMs);
  processes.delete(key);
  processes.set(key, found);
  return found;
}

/** Forgets the processes that were asked for longest ago. */
function forgetOldest(): void {
  let remembered = processes.values().reduce((sum, { size }) => sum + size, 0);
  for (const [key, symbols] of processes) {
    if (processes.size === 1 || (processes.size <= PROCESSES && remembered <= REMEMBERED)) return;
    remembered -= symbols.size;
    symbols[Symbol.dispose]();
    processes.delete(key);
  }
}
