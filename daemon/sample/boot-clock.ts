/**
 * Unix time less CLOCK_BOOTTIME, in nanoseconds: what turns the kernel's event times into wall-clock times. It is asked for anew with
 * each batch, since the wall clock may be set while the boot clock runs on.
 *
 * From three readings taken in a row, wall clock, boot clock, wall clock: the middle of the wall clock's two is taken as
 * the moment of the boot clock's, so that being preempted between them shifts the result by at most half the time that took.
 */
export function bootOffset(wallBeforeNs: bigint, bootNs: bigint, wallAfterNs: bigint): bigint {
  return (wallBeforeNs + wallAfterNs) / 2n - bootNs;
}
