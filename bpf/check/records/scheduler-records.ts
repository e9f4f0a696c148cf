import type { FieldExpressions } from "./field-expressions.ts";

/** task_cpu, which is in thread_info since 5.16. */
const CPU = "(task_struct.thread_info.cpu ?? task_struct.cpu)";
const TASK: FieldExpressions = { comm: "task_struct.comm", pid: "task_struct.pid", prio: "task_struct.prio" };
const WAKEUP: FieldExpressions = { ...TASK, target_cpu: CPU };
const DELAY: FieldExpressions = { comm: "task_struct.comm", pid: "task_struct.pid", delay: "arg1" };

/**
 * `prev_state` is an argument since 5.18. From 5.14 to 5.17 it is read from the record, because
 * those kernels compute it from `__state`.
 */
const STATE = "(args.prev_state ?? task_struct.state)";
const REPORTED = `(cast(${STATE}, "u32") | cast(task_struct.exit_state, "u32")) & 0x7f`;
const highestBit = [64, 32, 16, 8, 4, 2].map((bit) => `(${REPORTED}) >= ${bit} ? ${bit} : `).join("");
/**
 * __trace_sched_switch_state. A preempted thread has TASK_REPORT_MAX. TASK_RTLOCK_WAIT and
 * TASK_FROZEN, which 5.10 does not have, are shown as TASK_UNINTERRUPTIBLE: the latter since 6.14
 * and its stable kernels ("freezer, sched: Report frozen tasks as 'D' instead of 'R'"), and before
 * as if the thread ran. TASK_IDLE is shown as a bit of its own.
 */
const PREVIOUS_STATE = `arg0 ? 0x100 : (${STATE} & 0x9000) != 0 ? 2 : (${STATE} & 0x402) == 0x402 ? 0x80 : ${highestBit}${REPORTED}`;

/**
 * A pointer to a siginfo, or a number in its place: SEND_SIG_NOINFO is 0, SEND_SIG_PRIV 1
 * (TP_STORE_SIGINFO). Since it may be a number, the verifier of Linux 6.12 on arm64 refuses a load
 * through it.
 */
const SIGNAL_INFO = 'cast(kernel_siginfo, "u64")';
const INFO: FieldExpressions = {
  errno: `${SIGNAL_INFO} <= 1 ? 0 : kptr(kernel_siginfo).si_errno`,
  code: `${SIGNAL_INFO} == 0 ? 0 : ${SIGNAL_INFO} == 1 ? 0x80 : kptr(kernel_siginfo).si_code`,
};

const URING_REQUEST: FieldExpressions = {
  ctx: "io_kiocb.ctx",
  req: "io_kiocb",
  user_data: "io_kiocb.cqe.user_data",
  opcode: "io_kiocb.opcode",
  flags: "io_kiocb.flags",
};

/** Records of sched.h, task.h, signal.h, capability.h and io_uring.h. */
export const SCHEDULER_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  // Linux 5.18 has a number between `preempt` and the tasks; later kernels have it after them.
  "sched:sched_switch": {
    prev_comm: "task_struct.comm",
    prev_pid: "task_struct.pid",
    prev_prio: "task_struct.prio",
    prev_state: PREVIOUS_STATE,
    next_comm: "task_struct_2.comm",
    next_pid: "task_struct_2.pid",
    next_prio: "task_struct_2.prio",
  },
  "sched:sched_waking": WAKEUP,
  "sched:sched_wakeup": WAKEUP,
  "sched:sched_wakeup_new": WAKEUP,
  "sched:sched_migrate_task": { ...TASK, orig_cpu: CPU, dest_cpu: "arg1" },
  "sched:sched_process_exit": { ...TASK, group_dead: "arg1" },
  "sched:sched_process_free": TASK,
  "sched:sched_process_fork": {
    parent_comm: "task_struct.comm",
    parent_pid: "task_struct.pid",
    child_comm: "task_struct_2.comm",
    child_pid: "task_struct_2.pid",
  },
  "sched:sched_process_exec": { filename: "str(linux_binprm.filename)", pid: "task_struct.pid", old_pid: "arg1" },
  "sched:sched_stat_wait": DELAY,
  "sched:sched_stat_sleep": DELAY,
  "sched:sched_stat_iowait": DELAY,
  "sched:sched_stat_blocked": DELAY,
  "sched:sched_stat_runtime": { comm: "task_struct.comm", pid: "task_struct.pid", runtime: "arg1" },
  "task:task_newtask": {
    pid: "task_struct.pid",
    comm: "task_struct.comm",
    clone_flags: "arg1",
    oom_score_adj: "task_struct.signal.oom_score_adj",
  },
  "signal:signal_generate": {
    sig: "arg0",
    ...INFO,
    comm: "task_struct.comm",
    pid: "task_struct.pid",
    group: "arg3",
    result: "arg4",
  },
  "signal:signal_deliver": {
    sig: "arg0",
    ...INFO,
    sa_handler: "k_sigaction.sa.sa_handler",
    sa_flags: "k_sigaction.sa.sa_flags",
  },
  "capability:cap_capable": { cred: "arg0", target_ns: "arg1", cap: "args.cap", ret: "args.ret" },
  "io_uring:io_uring_submit_req": URING_REQUEST,
  "io_uring:io_uring_complete": {
    ctx: "args.ctx",
    req: "args.req",
    user_data: "args.user_data ?? args.cqe.user_data",
    res: "args.res ?? args.cqe.res",
    cflags: "args.cflags ?? args.cqe.flags",
  },
};
