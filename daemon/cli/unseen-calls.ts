import type { AttachPoint } from "../../bpf/check/checked-program.ts";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { BuiltRule } from "../run/build-rule.ts";

/** What somebody should know of a rule that has nothing wrong with it. */
export interface RuleNote {
  readonly rule: string;
  readonly note: string;
}

/** Functions that a kernel has where it takes calls of 32-bit programs (CONFIG_IA32_EMULATION of x86, CONFIG_COMPAT of arm64). */
const COMPAT_CALLS = ["__ia32_compat_sys_execve", "__arm64_compat_sys_execve"];

const RAW_CALLS: readonly string[] = ["sys_enter", "sys_exit"];

/**
 * The kernel runs no tracepoint of a single call for a 32-bit program: whoever makes its calls by the old table leaves no record. Said of
 * rules that are records of what was done, and do not look at what all calls come by as well; numbers of a metric are not about everybody.
 */
export function unseenCalls({ rule, formulas, checked }: BuiltRule, kernel: Kernel): readonly RuleNote[] {
  const isRecord = checked.record !== undefined && formulas.levels.length === 0;
  const takesCompat = COMPAT_CALLS.some((name) => kernel.btf.find("function", name) !== undefined);
  const points = checked.programs.flatMap(({ attach }) => attach);
  if (!isRecord || !takesCompat || !points.some(isCall) || points.some(isRawCall)) return [];
  const note =
    "32-bit programs' calls are not seen at tracepoint:syscalls; tracepoint:raw_syscalls sees them, where compat tells them apart";
  return [{ rule: rule.name.text, note }];
}

const isCall = (point: AttachPoint): boolean =>
  point.kind === "syscall" || (point.kind === "tracepoint" && point.category === "syscalls");

const isRawCall = (point: AttachPoint): boolean =>
  (point.kind === "rawtracepoint" || point.kind === "tracepoint") && RAW_CALLS.includes(point.name);
