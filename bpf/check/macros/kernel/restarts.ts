/**
 * Results that system calls have only within the kernel, negated. `sys_exit` shows them; programs
 * never see them (include/linux/errno.h).
 */
export const RESTARTS: Readonly<Record<string, number>> = {
  ERESTARTSYS: 512,
  ERESTARTNOINTR: 513,
  ERESTARTNOHAND: 514,
  ENOIOCTLCMD: 515,
  ERESTART_RESTARTBLOCK: 516,
  EPROBE_DEFER: 517,
  ENOTSUPP: 524,
  EIOCBQUEUED: 529,
  MAX_ERRNO: 4095,
};
