import type { Kernel } from "../kernel/kernel.ts";
import type { AttachPoint } from "./checked-program.ts";
import { constant } from "./constant-fold.ts";
import { isInterrupted } from "./interrupted.ts";
import type { Scalar } from "./typed-expression.ts";

/**
 * The cause of an event. It is the running thread; or the running thread unless the event is in an
 * interrupt; or unknown, as for samples of a CPU and for the scheduler's choices.
 */
type Cause = "current" | "current-unless-interrupted" | "unknown";

type PointOf<Kind extends AttachPoint["kind"]> = Extract<AttachPoint, { readonly kind: Kind }>;

/**
 * Scheduler events that a thread causes itself. The others do not say anything about the running
 * thread: a thread that leaves a CPU says nothing of the one that comes.
 */
const OF_PROCESS = /^sched_process_(fork|exec|exit|wait)$/;

const causeInScheduler = (name: string): Cause => (OF_PROCESS.test(name) ? "current" : "unknown");

/** One record for each kind of attach point. */
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
  lsm: () => "current-unless-interrupted",
  uprobe: () => "current",
  usdt: () => "current",
  "perf-event": () => "unknown",
};

const causeAt = (point: AttachPoint): Cause => (CAUSES[point.kind] as (point: AttachPoint) => Cause)(point);

/**
 * Returns a value that is not 0 if an event was not caused by the running thread.
 * @param ifUnknown the result if the kernel's BTF does not show whether an interrupt is being
 * served
 */
export function isByChance(kernel: Kernel, point: AttachPoint, ifUnknown: boolean): Scalar {
  const cause = causeAt(point);
  if (cause !== "current-unless-interrupted") return constant(cause === "unknown" ? 1n : 0n);
  return isInterrupted(kernel, point) ?? constant(ifUnknown ? 1n : 0n);
}
