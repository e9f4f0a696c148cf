/**
 * Returns the index of the greatest of ascending numbers that is not above `limit`; among equal
 * ones the last. Returns -1 if all are above.
 */
export function greatestUpTo(ascending: Float64Array, limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
