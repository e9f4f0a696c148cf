/**
 * Returns Unix time minus CLOCK_BOOTTIME, in nanoseconds, which converts the kernel's event times
 * to wall-clock times. Computed for each batch, because the wall clock may be set while the boot
 * clock continues.
 *
 * Takes three readings in a row: wall clock, boot clock, wall clock. The middle of the two
 * wall-clock readings counts as the time of the boot clock's. Preemption between the readings
 * shifts the result by at most half its duration.
 */
export function bootOffset(wallBeforeNs: bigint, bootNs: bigint, wallAfterNs: bigint): bigint {
  return (wallBeforeNs + wallAfterNs) / 2n - bootNs;
}
