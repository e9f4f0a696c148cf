import type { FieldExpressions } from "./field-expressions.ts";

const TIMER: FieldExpressions = { timer: "timer_list" };
const HIGH_RESOLUTION: FieldExpressions = { hrtimer: "hrtimer" };
const SOFTIRQ: FieldExpressions = { vec: "arg0" };

/**
 * syscall_get_arguments. A 32-bit call on x86 has other registers. Their upper halves may be
 * anything, and the call does not see them: SC_IA32_REGS_TO_ARGS of asm/syscall_wrapper.h.
 */
const CALL_ARGUMENTS = [
  ["bx", "di", "orig_x0"],
  ["cx", "si", "regs[1]"],
  ["dx", "dx", "regs[2]"],
  ["si", "r10", "regs[3]"],
  ["di", "r8", "regs[4]"],
  ["bp", "r9", "regs[5]"],
].map(
  ([x86Compat, x86, arm]) =>
    `(compat ? cast(cast(pt_regs.${x86Compat}, "u32"), "u64") : pt_regs.${x86}) ?? pt_regs.${arm}`,
);

/** Records of timer.h, irq.h, power.h, and those of raw_syscalls in syscalls.h. */
export const TIMER_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  "timer:timer_init": TIMER,
  "timer:timer_start": { ...TIMER, function: "timer_list.function" },
  "timer:timer_expire_entry": { ...TIMER, function: "timer_list.function", baseclk: "arg1" },
  "timer:timer_expire_exit": TIMER,
  "timer:timer_cancel": TIMER,
  "timer:hrtimer_init": { ...HIGH_RESOLUTION, clockid: "arg1", mode: "arg2" },
  "timer:hrtimer_setup": { ...HIGH_RESOLUTION, clockid: "arg1", mode: "arg2" },
  "timer:hrtimer_start": {
    ...HIGH_RESOLUTION,
    function: "hrtimer.function",
    expires: "hrtimer.node.expires",
    softexpires: "hrtimer._softexpires",
    mode: "arg1",
  },
  "timer:hrtimer_expire_entry": { ...HIGH_RESOLUTION, now: "arg1[0]", function: "hrtimer.function" },
  "timer:hrtimer_expire_exit": HIGH_RESOLUTION,
  "timer:hrtimer_cancel": HIGH_RESOLUTION,
  "irq:softirq_entry": SOFTIRQ,
  "irq:softirq_exit": SOFTIRQ,
  "irq:softirq_raise": SOFTIRQ,
  "irq:irq_handler_entry": { irq: "arg0", name: "str(irqaction.name)" },
  "irq:irq_handler_exit": { irq: "arg0", ret: "arg2" },
  "power:cpu_idle": { state: "arg0", cpu_id: "arg1" },
  "raw_syscalls:sys_enter": { id: "arg1", args: { elements: CALL_ARGUMENTS } },
  "raw_syscalls:sys_exit": { id: 'cast(pt_regs.orig_ax, "s32") ?? pt_regs.syscallno', ret: "arg1" },
};
