import { kernelSymbols, type SymbolsHost } from "../kernel/symbols/host-symbols.ts";
import type { Symbols } from "../kernel/symbols/symbols.ts";
import { NotRead, type ForeignReader } from "./foreign-reader.ts";
import { ownerOf } from "./owner.ts";

/**
 * Names functions: those of the running kernel directly, those of its processes through the reader.
 */
export function hostSymbols(host: SymbolsHost, reader: ForeignReader): Symbols {
  return {
    kernel: kernelSymbols(host),
    async user({ pid, startNs }, addresses) {
      const asked = addresses.map(({ address, kind }) => [address.toString(16), kind] as const);
      const question = { kind: "frames", pid, startNs: String(startNs), addresses: asked } as const;
      try {
        return await reader.ask(question, ownerOf(pid, ""), `the functions of process ${pid}`);
      } catch (error) {
        if (error instanceof NotRead) return undefined;
        throw error;
      }
    },
  };
}
