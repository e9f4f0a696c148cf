/**
 * States of a thread (include/linux/sched.h). They are the same from Linux 5.10 on. `prev_state` of
 * `sched_switch` has `__TASK_STOPPED` and `__TASK_TRACED`, and `TASK_REPORT_MAX` if the thread was
 * preempted.
 */
export const TASK_STATES: Readonly<Record<string, number>> = {
  TASK_RUNNING: 0,
  TASK_INTERRUPTIBLE: 1,
  TASK_UNINTERRUPTIBLE: 2,
  TASK_NORMAL: 3,
  __TASK_STOPPED: 4,
  __TASK_TRACED: 8,
  EXIT_DEAD: 0x10,
  EXIT_ZOMBIE: 0x20,
  EXIT_TRACE: 0x30,
  TASK_PARKED: 0x40,
  TASK_REPORT: 0x7f,
  TASK_DEAD: 0x80,
  TASK_WAKEKILL: 0x100,
  TASK_REPORT_MAX: 0x100,
  TASK_KILLABLE: 0x102,
  TASK_STOPPED: 0x104,
  TASK_WAKING: 0x200,
  TASK_NOLOAD: 0x400,
  TASK_IDLE: 0x402,
  TASK_NEW: 0x800,
  TASK_COMM_LEN: 16,
};
