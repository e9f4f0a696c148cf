import type { MacroTable } from "../macro-table.ts";

/** Clocks and timers. */
export const TIME: MacroTable = {
  headers: ["linux/time.h", "linux/timerfd.h"],
  values: {
    CLOCK_REALTIME: 0,
    CLOCK_MONOTONIC: 1,
    CLOCK_PROCESS_CPUTIME_ID: 2,
    CLOCK_THREAD_CPUTIME_ID: 3,
    CLOCK_MONOTONIC_RAW: 4,
    CLOCK_REALTIME_COARSE: 5,
    CLOCK_MONOTONIC_COARSE: 6,
    CLOCK_BOOTTIME: 7,
    CLOCK_REALTIME_ALARM: 8,
    CLOCK_BOOTTIME_ALARM: 9,
    CLOCK_SGI_CYCLE: 10,
    CLOCK_TAI: 11,
    ITIMER_REAL: 0,
    ITIMER_VIRTUAL: 1,
    ITIMER_PROF: 2,
    TFD_TIMER_ABSTIME: 1,
    TFD_TIMER_CANCEL_ON_SET: 2,
    TFD_NONBLOCK: 2048,
    TFD_CLOEXEC: 524288,
    TFD_IOC_SET_TICKS: 1074287616,
    TIMER_ABSTIME: 1,
  },
};
