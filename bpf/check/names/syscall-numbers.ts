import type { Architecture } from "../../kernel/kernel.ts";
import { syscallNamesOf } from "./names.ts";

/**
 * Kernel functions whose names differ from those of their system calls. The tracepoints have the
 * functions' names (SYSCALL_DEFINE).
 */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  newstat: "stat",
  newfstat: "fstat",
  newlstat: "lstat",
  newuname: "uname",
  sendfile64: "sendfile",
  umount: "umount2",
  fadvise64_64: "fadvise64",
};

/**
 * Returns the number of a system call by the part of its tracepoints' names after `sys_enter_`, or
 * undefined if it is not known.
 */
export function syscallNumber(name: string, architecture: Architecture): number | undefined {
  const wanted = OTHER_NAMES[name] ?? name;
  for (const [number, known] of syscallNamesOf(architecture)) if (known === wanted) return Number(number);
  return undefined;
}
