import { KernelFactsError } from "../../bpf/kernel/kernel-facts-error.ts";
import { hasErrno } from "../has-errno.ts";

/**
 * Tells in one line of an error that is the host's and not ours, with exit code 1: the kernel does not say what a command needs, a
 * system call failed. Throws all others on, for their stack must be seen.
 */
export function reportHostTrouble(error: unknown): void {
  if (!(error instanceof KernelFactsError || hasErrno(error))) throw error;
  console.error(`bpfwarden: error: ${error.message}`);
  process.exitCode = 1;
}
