/**
 * Returns the candidate that a misspelt name most likely means, or undefined if none is near.
 * "Near" is a Damerau-Levenshtein distance (optimal string alignment: insert, delete, replace, swap
 * neighbors) of at most a third of the name's length, at least 1 and at most 4. A name of one
 * character has no near one. Upper and lower case count as equal. Among equally near candidates the
 * first in code-unit order is taken, so that the result does not depend on the order of
 * `candidates`.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let bound = wanted.length < 2 ? 0 : Math.min(4, Math.max(1, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - wanted.length) > bound) continue;
    const distance = boundedDistance(wanted, candidate.toLowerCase(), bound);
    if (distance > bound) continue;
    if (distance < bound || best === undefined || candidate < best) best = candidate;
    bound = distance;
  }
  return best;
}

/**
 * Returns the `help` for an unknown name: `did you mean "x"?`, or undefined if no candidate is
 * near.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const suggestion = suggest(name, candidates);
  return suggestion === undefined ? undefined : `did you mean "${suggestion}"?`;
}

/**
 * Returns the distance of two strings, or a number above `bound` if the distance is greater. It
 * fills in only the diagonal band that can stay within the bound, and stops at a row with no cell
 * within it. So tens of thousands of candidates take milliseconds.
 */
function boundedDistance(a: string, b: string, bound: number): number {
  const over = bound + 1;
  let [beforePrevious, previous, current] = rowsOf(b.length + 1);
  for (let column = 0; column <= b.length; column++) previous[column] = Math.min(column, over);
  for (let row = 1; row <= a.length; row++) {
    const first = Math.max(1, row - bound);
    const last = Math.min(b.length, row + bound);
    current[first - 1] = first === 1 ? Math.min(row, over) : over;
    let least = current[first - 1] ?? over;
    for (let column = first; column <= last; column++) {
      const cost = a.charCodeAt(row - 1) === b.charCodeAt(column - 1) ? 0 : 1;
      let cell = Math.min(
        (previous[column] ?? over) + 1,
        (current[column - 1] ?? over) + 1,
        (previous[column - 1] ?? over) + cost,
      );
      if (isSwap(a, b, row, column)) cell = Math.min(cell, (beforePrevious[column - 2] ?? over) + 1);
      current[column] = cell;
      least = Math.min(least, cell);
    }
    if (last < b.length) current[last + 1] = over;
    if (least > bound) return over;
    [beforePrevious, previous, current] = [previous, current, beforePrevious];
  }
  return previous[b.length] ?? over;
}

function isSwap(a: string, b: string, row: number, column: number): boolean {
  if (row < 2 || column < 2) return false;
  return a.charCodeAt(row - 1) === b.charCodeAt(column - 2) && a.charCodeAt(row - 2) === b.charCodeAt(column - 1);
}

type Rows = [Uint32Array, Uint32Array, Uint32Array];
let sharedRows: Rows = rowsOfLength(64);

/**
 * Returns three rows of at least `length` cells. They are reused from call to call: allocating them
 * would cost more than the search.
 */
function rowsOf(length: number): Rows {
  if (sharedRows[0].length < length) sharedRows = rowsOfLength(length * 2);
  return sharedRows;
}

function rowsOfLength(length: number): Rows {
  return [new Uint32Array(length), new Uint32Array(length), new Uint32Array(length)];
}
