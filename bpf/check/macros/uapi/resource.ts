import type { MacroTable } from "../macro-table.ts";

/** Arguments of setrlimit(2), getrusage(2) and setpriority(2). */
export const RESOURCE: MacroTable = {
  headers: ["linux/resource.h"],
  values: {
    PRIO_MIN: -20,
    PRIO_PROCESS: 0,
    PRIO_PGRP: 1,
    PRIO_USER: 2,
    PRIO_MAX: 20,
    RLIM_NLIMITS: 16,
    RLIMIT_CPU: 0,
    RLIMIT_FSIZE: 1,
    RLIMIT_DATA: 2,
    RLIMIT_STACK: 3,
    RLIMIT_CORE: 4,
    RLIMIT_RSS: 5,
    RLIMIT_NPROC: 6,
    RLIMIT_NOFILE: 7,
    RLIMIT_MEMLOCK: 8,
    RLIMIT_AS: 9,
    RLIMIT_LOCKS: 10,
    RLIMIT_SIGPENDING: 11,
    RLIMIT_MSGQUEUE: 12,
    RLIMIT_NICE: 13,
    RLIMIT_RTPRIO: 14,
    RLIMIT_RTTIME: 15,
    RUSAGE_BOTH: -2,
    RUSAGE_CHILDREN: -1,
    RUSAGE_SELF: 0,
    RUSAGE_THREAD: 1,
  },
};
