import type { AttachPoint } from "../../bpf/check/checked-program.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { BuiltRule } from "../run/build-rule.ts";

/** A remark about a rule without errors. */
export interface RuleNote {
  readonly rule: string;
  readonly note: string;
}

/**
 * Functions of kernels that accept calls of 32-bit programs (CONFIG_IA32_EMULATION of x86,
 * CONFIG_COMPAT of arm64).
 */
const COMPAT_CALLS = ["__ia32_compat_sys_execve", "__arm64_compat_sys_execve"];

const RAW_CALLS: readonly string[] = ["sys_enter", "sys_exit"];

/**
 * Notes that the kernel runs no tracepoint of a single system call for a 32-bit program: such calls
 * leave no record. Only for rules that record events and do not also use the probes of all calls; a
 * metric need not see every program.
 */
export function unseenCalls({ rule, formulas, checked }: BuiltRule, kernel: Kernel): readonly RuleNote[] {
  const isRecord = checked.record !== undefined && formulas.levels.length === 0;
  const takesCompat = COMPAT_CALLS.some((name) => kernel.btf.find("function", name) !== undefined);
  const points = checked.programs.flatMap(({ attach }) => attach);
  if (!isRecord || !takesCompat || !points.some(isCall) || points.some(isRawCall)) return [];
  const note =
    "calls of 32-bit programs do not reach tracepoint:syscalls; tracepoint:raw_syscalls sees them, and compat identifies them";
  return [{ rule: rule.name.text, note }];
}

const isCall = (point: AttachPoint): boolean =>
  point.kind === "syscall" || (point.kind === "tracepoint" && point.category === "syscalls");

const isRawCall = (point: AttachPoint): boolean =>
  (point.kind === "rawtracepoint" || point.kind === "tracepoint") && RAW_CALLS.includes(point.name);
