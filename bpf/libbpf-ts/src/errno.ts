import { getSystemErrorMap } from "node:util";

export interface Errno {
  readonly number: number;
  /** such as `EPERM`; `E` and the number if it has no name */
  readonly name: string;
  /** in lower case, without a full stop */
  readonly description: string;
}

/** Numbers that the kernel returns and no libc has a name for (include/linux/errno.h). */
const KERNEL_ONLY: Readonly<Record<number, readonly [string, string]>> = {
  524: ["ENOTSUPP", "operation is not supported"],
};

/**
 * Returns the name and description of an errno.
 *
 * @param errno positive, as in errno(3)
 */
export function describeErrno(errno: number): Errno {
  const [name, description] = getSystemErrorMap().get(-errno) ?? KERNEL_ONLY[errno] ?? [`E${errno}`, "unknown error"];
  return { number: errno, name, description };
}
