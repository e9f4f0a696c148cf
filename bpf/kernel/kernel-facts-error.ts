/**
 * A fact about the kernel that cannot be read: BTF is missing or damaged, tracefs is not mounted.
 * The message is lower case, and says what to do if something can be done.
 */
export class KernelFactsError extends Error {
  override readonly name = "KernelFactsError";
}
