import type { AttachPoint } from "../../check/checked-program.ts";
import { findMember } from "../../kernel/btf/find-member.ts";
import type { Kernel } from "../../kernel/kernel.ts";

/*
 * The places at which the programs of several rules can be one.
 *
 * The kernel skips a run of a program that begins while the same program runs on that CPU
 * (`prog->active` in __bpf_trace_run, kernel/trace/bpf_trace.c). For a fused program it would skip
 * the runs of all its rules. So programs are fused only where no event can come while a program of
 * the same tracepoint runs on the CPU: at events that only code of a process causes, which an
 * interrupt does not run, and at those for which interrupts are off. Programs at a tracepoint are
 * not preempted (__DO_TRACE in include/linux/tracepoint.h), except in newer kernels: `isPreempted`.
 * A page fault within a program causes none of them: programs read memory with faults disabled
 * (pagefault_disable). NMIs cause none of them.
 *
 * All other raw tracepoints have a program for each rule. For some of them it is known that they
 * can interrupt themselves: tcp_set_state runs for a process and in a softirq, and sched_waking has
 * interrupts on if a thread wakes itself (try_to_wake_up in kernel/sched/core.c).
 *
 * At the record of a tracepoint, the kernel skips an event for all programs or for none: they share
 * `bpf_prog_active` (trace_call_bpf in kernel/trace/bpf_trace.c).
 */

/** The reason why no event can come while a program of the tracepoint runs. */
interface Place {
  readonly because: string;
  /** true if a program cannot be preempted, in any kernel */
  readonly interruptsOff?: true;
}

const RAW_TRACEPOINTS: ReadonlyMap<string, Place> = new Map<string, Place>([
  ["sys_enter", { because: "syscall_trace_enter in kernel/entry: only code of a process enters the kernel so" }],
  ["sys_exit", { because: "syscall_exit_work in kernel/entry: the return of such a call" }],
  ["sched_switch", { because: "__schedule in kernel/sched/core.c", interruptsOff: true }],
  ["sched_wakeup_new", { because: "wake_up_new_task in kernel/sched/core.c holds pi_lock", interruptsOff: true }],
  ["sched_process_fork", { because: "kernel_clone in kernel/fork.c may sleep" }],
  ["task_newtask", { because: "copy_process in kernel/fork.c may sleep" }],
  ["sched_process_exec", { because: "exec_binprm in fs/exec.c may sleep" }],
  ["sched_process_exit", { because: "do_exit in kernel/exit.c may sleep" }],
  ["mm_filemap_get_pages", { because: "filemap_get_pages in mm/filemap.c may sleep" }],
  ["mm_filemap_fault", { because: "filemap_fault in mm/filemap.c may sleep" }],
  ["mm_filemap_add_to_page_cache", { because: "__filemap_add_folio in mm/filemap.c may sleep" }],
]);

/** True if programs of several rules at a point can be one. */
export function canShareProgram(point: AttachPoint, kernel: Kernel): boolean {
  switch (point.kind) {
    case "tracepoint":
      // since 7.2 the record of a system call is made with preemption on (trace_call_bpf_faultable)
      return !point.category.endsWith("syscalls") || !isPreempted(kernel);
    case "rawtracepoint":
      return canShareAt(point.name, kernel);
    case "syscall":
      return canShareAt(point.returns ? "sys_exit" : "sys_enter", kernel);
    default:
      return false;
  }
}

function canShareAt(name: string, kernel: Kernel): boolean {
  const place = RAW_TRACEPOINTS.get(name);
  return place !== undefined && (place.interruptsOff === true || !isPreempted(kernel));
}

/**
 * True if a thread can be preempted in a program at a tracepoint: since 7.0 tracepoints are
 * protected by SRCU instead of disabled preemption (kernel/tracepoint.c, whose struct then has
 * `srcu_gp`). While it waits, events of other threads on that CPU would be skipped.
 */
function isPreempted({ btf }: Kernel): boolean {
  const struct = btf.find("struct", "tp_transition_snapshot");
  return struct !== undefined && findMember(btf, struct, "srcu_gp") !== undefined;
}
