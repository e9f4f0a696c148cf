/**
 * A fact about the kernel cannot be had: BTF is missing or damaged, tracefs is not mounted. The message is lower case and says what
 * to do where something can be done.
 */
export class KernelFactsError extends Error {
  override readonly name = "KernelFactsError";
}
