/** How far apart the ticks of a test are: what the settings say where they say nothing. */
export const TICK_MS = 1000;

/** When a test begins by the clock that windows use: none of its times may be 0, which stands for "not set" in the kernel's slots. */
export const START_MS = TICK_MS;

/** The first tick that is not before a time. */
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

/** A time of a test as tests write it: `1h1m5s`, exactly. */
export function timeText(ms: number): string {
  let rest = ms;
  const parts = UNITS.map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount === 0 ? "" : `${amount}${unit}`;
  });
  return parts.join("") || "0s";
}
