/**
 * Units of time (include/vdso/time64.h), ticks a second as programs see them (asm/param.h), and
 * sectors of disks (include/linux/blk_types.h).
 */
export const UNITS: Readonly<Record<string, number>> = {
  NSEC_PER_USEC: 1_000,
  NSEC_PER_MSEC: 1_000_000,
  NSEC_PER_SEC: 1_000_000_000,
  USEC_PER_MSEC: 1_000,
  USEC_PER_SEC: 1_000_000,
  MSEC_PER_SEC: 1_000,
  USER_HZ: 100,
  SECTOR_SHIFT: 9,
  SECTOR_SIZE: 512,
};
