import { KernelFactsError } from "../../bpf/kernel/kernel-facts-error.ts";

/**
 * Tells in one line of an error that is the host's and not ours, with exit code 1: the kernel does not say what a command needs, a
 * system call failed. Throws all others on, for their stack must be seen.
 */
export function reportHostTrouble(error: unknown): void {
  if (!(error instanceof KernelFactsError || hasErrno(error))) throw error;
  console.error(`bpfwarden: error: ${error.message}`);
  process.exitCode = 1;
}

/** Errors of Node's system calls and of bpf(2) carry the name of their errno as `code`; Node's own codes begin with `ERR_`. */
function hasErrno(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);
}
