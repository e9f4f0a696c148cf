/** The interval of a test's ticks: the default of the settings. */
export const TICK_MS = 1000;

/**
 * The start of a test by the clock of windows. It is not 0, because 0 means "not set" in the
 * kernel's slots.
 */
export const START_MS = TICK_MS;

/** Returns the first tick at or after a time. */
export function tickAt(ms: number): number {
  return Math.ceil(ms / TICK_MS);
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/** Formats a time exactly as tests write it: `1h1m5s`. */
export function timeText(ms: number): string {
  let rest = ms;
  const parts = UNITS.map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount === 0 ? "" : `${amount}${unit}`;
  });
  return parts.join("") || "0s";
}
