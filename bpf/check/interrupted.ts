import { findMember } from "../kernel/btf/find-member.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AttachPoint } from "./checked-program.ts";
import { addOffset, binary, conditional, constant } from "./constant-fold.ts";
import { walk } from "./current-task.ts";
import { detached } from "./places.ts";
import type { Scalar } from "./typed-expression.ts";

/*
 * Bits of the kernel's preempt count (include/linux/preempt.h): 0x100 while a softirq is served,
 * 0xf0000 in interrupts, 0xf00000 in NMIs. With PREEMPT_RT the thread counts softirqs.
 */
const SERVES_SOFTIRQ = 0x100n;
const IN_INTERRUPT = 0xf0000n;
const IN_NMI = 0xf00000n;
const MASK = constant(SERVES_SOFTIRQ | IN_INTERRUPT | IN_NMI);
/**
 * The value that the breakpoint of a kprobe itself adds on x86-64: `irqentry_nmi_enter` of
 * `exc_int3` (arch/x86/kernel/traps.c, 5.8).
 */
const BREAKPOINT = constant(0x110000n);

/**
 * Returns a value that is not 0 if a probe runs in an interrupt, which the running thread did not
 * cause. Returns undefined if the kernel's BTF does not describe the count.
 */
export function isInterrupted(kernel: Kernel, point: AttachPoint): Scalar | undefined {
  const count = kernel.architecture === "aarch64" ? countOfThread(kernel) : countOfCpu(kernel);
  if (count === undefined) return undefined;
  const seen = point.kind === "kprobe" && kernel.architecture === "x86_64" ? beforeBreakpoint(count) : count;
  const softirqs = walk({ kernel }, "softirq_disable_cnt");
  const all = softirqs?.form === "scalar" ? binary("|", false, seen, softirqs.scalar) : seen;
  return binary("!=", false, binary("&", false, all, MASK), constant(0n));
}

/**
 * Takes away the part of the breakpoint. A kprobe that is a call instead of a breakpoint (at a
 * function's start, with CONFIG_KPROBES_ON_FTRACE) adds nothing.
 */
function beforeBreakpoint(count: Scalar): Scalar {
  const inNmi = binary("!=", false, binary("&", false, count, constant(IN_NMI)), constant(0n));
  return conditional(inNmi, binary("-", false, count, BREAKPOINT), count);
}

function countOfThread(kernel: Kernel): Scalar | undefined {
  const term = walk({ kernel }, "thread_info.preempt_count");
  return term?.form === "scalar" ? term.scalar : undefined;
}

/**
 * Returns the count on x86-64, which is a per-CPU variable. bpf_this_cpu_ptr finds it only if
 * kallsyms has the names of data (CONFIG_KALLSYMS_ALL). But the thread points to another per-CPU
 * variable, the run queue of its CPU, and BTF has the distance between the two.
 */
function countOfCpu(kernel: Kernel): Scalar | undefined {
  const queue = walk({ kernel }, "se.cfs_rq.rq");
  const [from, to] = [kernel.btf.cpuVariableOffset("runqueues"), placeOfCount(kernel)];
  if (queue?.form !== "scalar" || from === undefined || to === undefined) return undefined;
  const base = addOffset(detached(queue.scalar), to - from);
  return { op: "load", base, offset: 0, bytes: 4, signed: false, how: "kernel" };
}

/** Returns the offset of `__preempt_count`, which is `pcpu_hot.preempt_count` from 6.2 to 6.14. */
function placeOfCount({ btf }: Kernel): number | undefined {
  const own = btf.cpuVariableOffset("__preempt_count");
  if (own !== undefined) return own;
  const [hot, struct] = [btf.cpuVariableOffset("pcpu_hot"), btf.find("struct", "pcpu_hot")];
  const member = struct === undefined ? undefined : findMember(btf, struct, "preempt_count");
  return hot === undefined || member === undefined ? undefined : hot + member.bitOffset / 8;
}
