/**
 * The candidate that was most likely meant by a misspelt name, or undefined where none is near. Near is a Damerau-Levenshtein
 * distance (optimal string alignment: insert, delete, replace, swap neighbours) of at most a third of the name's length, at
 * least 1 and at most 4; letter case alone counts as nothing. Of equally near candidates the first in code-unit order is taken,
 * so the answer does not depend on the order given.
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

/** The `help` of an unknown name: `did you mean "x"?`, or undefined where nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const suggestion = suggest(name, candidates);
  return suggestion === undefined ? undefined : `did you mean "${suggestion}"?`;
}

/**
 * The distance of two strings, or more than `bound` where it is greater: only the diagonal band that can stay within the bound is
 * filled in, and a row with nothing within it ends the search, so that tens of thousands of candidates take milliseconds.
 */
function boundedDistance(a: string, b: string, bound: number): number {
  const over = bound + 1;
  let beforePrevious = new Array<number>(b.length + 1).fill(over);
  let previous = Array.from({ length: b.length + 1 }, (_, column) => Math.min(column, over));
  for (let row = 1; row <= a.length; row++) {
    const current = new Array<number>(b.length + 1).fill(over);
    if (row <= bound) current[0] = row;
    let least = current[0] ?? over;
    for (let column = Math.max(1, row - bound); column <= Math.min(b.length, row + bound); column++) {
      const same = a[row - 1] === b[column - 1];
      let cell = Math.min(
        (previous[column] ?? over) + 1,
        (current[column - 1] ?? over) + 1,
        (previous[column - 1] ?? over) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cell = Math.min(cell, (beforePrevious[column - 2] ?? over) + 1);
      current[column] = cell;
      least = Math.min(least, cell);
    }
    if (least > bound) return over;
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? over;
}
