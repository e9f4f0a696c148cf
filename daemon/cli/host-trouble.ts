import { KernelFactsError } from "../../bpf/kernel/kernel-facts-error.ts";
import { hasErrno } from "../service/has-errno.ts";

/** Whether an error is the host's and not ours: the kernel does not say what a command needs, a system call failed. */
export function isHostTrouble(error: unknown): error is Error {
  return error instanceof KernelFactsError || hasErrno(error);
}

/** Tells in one line of an error that is the host's, with exit code 1. Throws all others on, for their stack must be seen. */
export function reportHostTrouble(error: unknown): void {
  if (!isHostTrouble(error)) throw error;
  fail(error.message);
}

/** Says in one line why a command cannot do its work, and sets the exit code: 1, or 2 for wrong usage. */
export function fail(message: string, exitCode: 1 | 2 = 1): void {
  console.error(`bpfwarden: error: ${message}`);
  process.exitCode = exitCode;
}
