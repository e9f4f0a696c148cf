import type { Architecture } from "../../kernel/kernel.ts";
import { syscallNamesOf } from "./names.ts";

/** Functions of the kernel that are called otherwise than their system call, and their tracepoints with them (SYSCALL_DEFINE). */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  newstat: "stat",
  newfstat: "fstat",
  newlstat: "lstat",
  newuname: "uname",
  sendfile64: "sendfile",
  umount: "umount2",
  fadvise64_64: "fadvise64",
};

/** The number of a system call by the name that its tracepoints have behind `sys_enter_`; undefined where it is not known. */
export function syscallNumber(name: string, architecture: Architecture): number | undefined {
  const wanted = OTHER_NAMES[name] ?? name;
  for (const [number, known] of syscallNamesOf(architecture)) if (known === wanted) return Number(number);
  return undefined;
}
