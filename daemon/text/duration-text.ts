const UNITS = [
  ["d", 86_400e9],
  ["h", 3_600e9],
  ["m", 60e9],
  ["s", 1e9],
  ["ms", 1e6],
  ["us", 1e3],
  ["ns", 1],
] as const;

/**
 * Formats nanoseconds for people. From a minute up it uses the two largest units (`1m30s`, `2h`),
 * below that one unit with at most three significant digits (`12.5ms`). The units are those of the
 * expression language.
 */
export function durationText(nanoseconds: number): string {
  if (nanoseconds < 0) return `-${durationText(-nanoseconds)}`;
  return nanoseconds >= 60e9 ? largestTwo(nanoseconds) : oneUnit(nanoseconds);
}

function largestTwo(nanoseconds: number): string {
  const seconds = Math.round(nanoseconds / 1e9) * 1e9;
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[first] ?? UNITS[3];
  const [smaller, smallerSize] = UNITS[first + 1] ?? UNITS[3];
  const rest = Math.floor((seconds % size) / smallerSize);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? "" : `${rest}${smaller}`}`;
}

function oneUnit(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  const [unit, size] = UNITS.find(([, candidate]) => nanoseconds >= candidate) ?? UNITS[6];
  const amount = nanoseconds / size;
  return `${amount >= 100 ? Math.round(amount) : Number(amount.toPrecision(3))}${unit}`;
}
