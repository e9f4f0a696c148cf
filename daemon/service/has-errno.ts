/**
 * Returns true for an error of the host: errors of Node's system calls and of bpf(2) have the name
 * of their errno as `code`. Node's own codes begin with `ERR_`.
 */
export function hasErrno(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);
}
