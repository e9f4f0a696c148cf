import { KernelFactsError } from "../../bpf/kernel/kernel-facts-error.ts";
import { hasErrno } from "../service/has-errno.ts";

/**
 * Returns true for an error of the host: the kernel lacks facts that a command needs, or a system
 * call failed.
 */
export function isHostTrouble(error: unknown): error is Error {
  return error instanceof KernelFactsError || hasErrno(error);
}

/**
 * Reports an error of the host in one line, with exit code 1. Throws other errors again, because
 * their stack must be visible.
 */
export function reportHostTrouble(error: unknown): void {
  if (!isHostTrouble(error)) throw error;
  fail(error.message);
}

/**
 * Says in one line why a command cannot do its work, and sets the exit code: 1, or 2 for wrong
 * usage.
 */
export function fail(message: string, exitCode: 1 | 2 = 1): void {
  console.error(`bpfwarden: error: ${message}`);
  process.exitCode = exitCode;
}
