import koffi from "koffi";

/** The source of all time. Stages get the clock, or a reading of it, as a value. */
export interface Clock {
  /**
   * milliseconds since the host started, with suspend (CLOCK_BOOTTIME, as for the kernel's events):
   * for windows and delays
   */
  bootMs(): number;
  /** the same clock in nanoseconds */
  bootNs(): bigint;
  /**
   * nanoseconds since 1970 (CLOCK_REALTIME): only for display, because the clock can be set at any
   * time
   */
  unixNs(): bigint;
  unixMs(): number;
  /** microseconds of CLOCK_MONOTONIC, which systemd asks for with RELOADING=1 */
  monotonicUs(): bigint;
}

/** uapi/linux/time.h */
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;

/** Returns the host's clocks, read through libc: Node has no function for CLOCK_BOOTTIME. */
export function hostClock(): Clock {
  const clockGettime = koffi.load(null).func("int clock_gettime(int clock, _Out_ int64_t *timespec)");
  const timespec = new BigInt64Array(2);
  const read = (clock: number): bigint => {
    if (clockGettime(clock, timespec) !== 0)
      throw new Error(`clock_gettime(${clock}) failed with errno ${koffi.errno()}`);
    return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
  };
  return {
    bootMs: () => Number(read(CLOCK_BOOTTIME)) / 1e6,
    bootNs: () => read(CLOCK_BOOTTIME),
    unixNs: () => read(CLOCK_REALTIME),
    unixMs: () => Number(read(CLOCK_REALTIME) / 1_000_000n),
    monotonicUs: () => read(CLOCK_MONOTONIC) / 1000n,
  };
}

/** One reading of the clock, for windows (`bootMs`) and for people (`unixMs`). */
export interface Moment {
  readonly bootMs: number;
  /** how long the host has been suspended since it started: CLOCK_BOOTTIME minus CLOCK_MONOTONIC */
  readonly suspendedMs: number;
  readonly unixMs: number;
}

export function momentOf(clock: Clock): Moment {
  const bootMs = clock.bootMs();
  return { bootMs, suspendedMs: Math.max(0, bootMs - Number(clock.monotonicUs()) / 1000), unixMs: clock.unixMs() };
}
