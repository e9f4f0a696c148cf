const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/**
 * Formats the last values as one character each, the newest on the right. The scale begins at 0, or
 * at a smaller least value, and ends at the greatest. A missing value is a space. The result has at
 * most `columns` characters.
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
