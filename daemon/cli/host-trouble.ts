import { KernelFactsError } from "../../bpf/kernel/kernel-facts-error.ts";

/**
 * What to tell of an error that is the host's and not ours: the kernel does not say what a command needs, a system call failed.
 * Undefined for all others, whose stack must be seen.
 */
export function hostTrouble(error: unknown): string | undefined {
  return error instanceof KernelFactsError || hasErrno(error) ? error.message : undefined;
}

/** Errors of Node's system calls and of bpf(2) carry the name of their errno as `code`; Node's own codes begin with `ERR_`. */
function hasErrno(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);
}
