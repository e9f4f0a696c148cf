const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/**
 * The last values as one character each, the newest on the right: from 0, or the least value where that is less, to the greatest. A value
 * that is missing is a space. At most `columns` of them, and as wide as there are values.
 */
export function sparkline(values: readonly (number | undefined)[], columns: number): string {
  const shown = values.slice(-columns);
  const numbers = shown.filter((value) => value !== undefined);
  const least = Math.min(0, ...numbers);
  const range = Math.max(0, ...numbers) - least;
  return shown.map((value) => (value === undefined ? " " : barOf(value - least, range))).join("");
}

function barOf(height: number, range: number): string {
  const step = range === 0 ? 0 : Math.round((height / range) * (HEIGHTS.length - 1));
  return HEIGHTS[step] ?? HEIGHTS[0];
}
