import type { Kernel } from "../kernel/kernel.ts";
import type { AttachPoint } from "./checked-program.ts";
import { constant } from "./constant-fold.ts";
import { isInterrupted } from "./interrupted.ts";
import type { Scalar } from "./typed-expression.ts";

/**
 * Whose doing an event is: the running thread's; the running thread's unless an interrupt came upon it; or not to be told from who runs,
 * as with samples of a CPU and the scheduler's choices.
 */
type Cause = "current" | "current-unless-interrupted" | "unknown";

type PointOf<Kind extends AttachPoint["kind"]> = Extract<AttachPoint, { readonly kind: Kind }>;

/** A thread's own fork, exec and exit are told by itself; who wakes or leaves a CPU says nothing of who comes. */
const OF_PROCESS = /^sched_process_(fork|exec|exit|wait)$/;

const causeInScheduler = (name: string): Cause => (OF_PROCESS.test(name) ? "current" : "unknown");

/** One record a kind of attach point. */
const CAUSES: { readonly [Kind in AttachPoint["kind"]]: (point: PointOf<Kind>) => Cause } = {
  tracepoint({ category, name }) {
    if (category === "syscalls" || category === "raw_syscalls") return "current";
    return category === "sched" ? causeInScheduler(name) : "current-unless-interrupted";
  },
  rawtracepoint({ category, name }) {
    if (name === "sys_enter" || name === "sys_exit") return "current";
    return (category ?? name).startsWith("sched") ? causeInScheduler(name) : "current-unless-interrupted";
  },
  syscall: () => "current",
  kprobe: () => "current-unless-interrupted",
  trampoline: () => "current-unless-interrupted",
  uprobe: () => "current",
  usdt: () => "current",
  "perf-event": () => "unknown",
};

const causeAt = (point: AttachPoint): Cause => (CAUSES[point.kind] as (point: AttachPoint) => Cause)(point);

/**
 * 1 where an event at a probe is not the running thread's doing.
 * @param untold what is taken for the answer where the kernel's BTF does not tell whether an interrupt is under way
 */
export function isByChance(kernel: Kernel, point: AttachPoint, untold: boolean): Scalar {
  const cause = causeAt(point);
  if (cause !== "current-unless-interrupted") return constant(cause === "unknown" ? 1n : 0n);
  return isInterrupted(kernel, point) ?? constant(untold ? 1n : 0n);
}
