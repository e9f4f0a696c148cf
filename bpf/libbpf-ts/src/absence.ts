import { BpfError } from "./bpf-error.ts";
import { loadProgram } from "./program.ts";

/** r0 = 0; exit */
export const NOTHING = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/**
 * True if an error of trying a feature means that this kernel lacks it. EPERM means so only for a
 * process that may load other programs. Otherwise it says nothing about the kernel, and is thrown
 * again.
 */
export function isAbsence(error: unknown): true {
  if (!(error instanceof BpfError)) throw error;
  if (error.code !== "EPERM" || mayLoad()) return true;
  throw error;
}

function mayLoad(): boolean {
  try {
    using _ = loadProgram({ type: "raw_tracepoint", name: "probe", license: "GPL", instructions: NOTHING });
    return true;
  } catch {
    return false;
  }
}
