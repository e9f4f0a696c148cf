/**
 * BPF_OBJ_NAME_LEN with its NUL is 16. The kernel accepts letters, digits, `_` and `.` (since 5.2)
 * and refuses anything else.
 */
const NAME_BYTES = 15;

/** Returns a name as the kernel accepts it for a map or a program. */
export function objectName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.]/g, "_").slice(0, NAME_BYTES);
}
