import { getSystemErrorMap } from "node:util";

export interface Errno {
  readonly number: number;
  /** such as `EPERM`; `E` and the number where it has no name */
  readonly name: string;
  /** in lower case, without a full stop */
  readonly description: string;
}

/** Numbers that the kernel returns though no libc has a name for them (include/linux/errno.h). */
const KERNEL_ONLY: Readonly<Record<number, readonly [string, string]>> = {
  524: ["ENOTSUPP", "operation is not supported"],
};

/** @param errno positive, as in errno(3) */
export function describeErrno(errno: number): Errno {
  const [name, description] = getSystemErrorMap().get(-errno) ?? KERNEL_ONLY[errno] ?? [`E${errno}`, "unknown error"];
  return { number: errno, name, description };
}
