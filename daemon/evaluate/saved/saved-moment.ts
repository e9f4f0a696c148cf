/**
 * When something was saved; the id of the boot tells whether CLOCK_BOOTTIME has begun anew since
 * (/proc/sys/kernel/random/boot_id).
 */
export interface SavedMoment {
  readonly bootId: string;
  readonly bootMs: number;
  readonly unixMs: number;
}

/**
 * What must be added to times that were saved, so that they are times of the clock of now. After a
 * reboot the wall clock tells how long that took.
 */
export function clockShiftMs(saved: SavedMoment, now: SavedMoment): number {
  if (saved.bootId === now.bootId) return 0;
  return now.bootMs - saved.bootMs - Math.max(0, now.unixMs - saved.unixMs);
}

/** For how long nobody has watched. */
export function gapMs(saved: SavedMoment, now: SavedMoment): number {
  return Math.max(0, now.bootMs - clockShiftMs(saved, now) - saved.bootMs);
}
