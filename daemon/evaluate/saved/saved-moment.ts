/**
 * The moment at which something was saved. The id of the boot shows whether CLOCK_BOOTTIME has
 * begun anew since (/proc/sys/kernel/random/boot_id).
 */
export interface SavedMoment {
  readonly bootId: string;
  readonly bootMs: number;
  readonly unixMs: number;
}

/**
 * Returns the time to add to saved times to make them times of the current clock. After a reboot
 * the wall clock shows how long the reboot took.
 */
export function clockShiftMs(saved: SavedMoment, now: SavedMoment): number {
  if (saved.bootId === now.bootId) return 0;
  return now.bootMs - saved.bootMs - Math.max(0, now.unixMs - saved.unixMs);
}

/** Returns the time for which nobody has watched. */
export function gapMs(saved: SavedMoment, now: SavedMoment): number {
  return Math.max(0, now.bootMs - clockShiftMs(saved, now) - saved.bootMs);
}
