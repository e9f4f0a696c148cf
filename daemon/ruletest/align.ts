/**
 * Two lists side by side. An element has its match beside it, or a different element, or nothing.
 */
export interface Aligned<Left, Right> {
  readonly left?: Left;
  readonly right?: Right;
  readonly same: boolean;
}

/** Above this, elements are paired in order, because the table would take too much memory. */
const MOST_CELLS = 1_000_000;

/**
 * Aligns two lists so that as many elements as possible are beside their match, in order: a longest
 * common subsequence.
 */
export function alignLists<Left, Right>(
  left: readonly Left[],
  right: readonly Right[],
  isSame: (left: Left, right: Right) => boolean,
): readonly Aligned<Left, Right>[] {
  const pairs =
    left.length * right.length > MOST_CELLS ? inOrder(left, right, isSame) : commonPairs(left, right, isSame);
  const aligned: Aligned<Left, Right>[] = [];
  let [atLeft, atRight] = [0, 0];
  for (const [nextLeft, nextRight] of [...pairs, [left.length, right.length] as const]) {
    aligned.push(...sideBySide(left.slice(atLeft, nextLeft), right.slice(atRight, nextRight)));
    const [l, r] = [left[nextLeft], right[nextRight]];
    if (l !== undefined && r !== undefined) aligned.push({ left: l, right: r, same: true });
    [atLeft, atRight] = [nextLeft + 1, nextRight + 1];
  }
  return aligned;
}

type Pair = readonly [left: number, right: number];

function inOrder<Left, Right>(
  left: readonly Left[],
  right: readonly Right[],
  isSame: (left: Left, right: Right) => boolean,
): readonly Pair[] {
  const pairs: Pair[] = [];
  left.forEach((each, index) => {
    const other = right[index];
    if (other !== undefined && isSame(each, other)) pairs.push([index, index]);
  });
  return pairs;
}

function commonPairs<Left, Right>(
  left: readonly Left[],
  right: readonly Right[],
  isSame: (left: Left, right: Right) => boolean,
): readonly Pair[] {
  const width = right.length + 1;
  const same = left.map((l) => right.map((r) => isSame(l, r)));
  const longest = new Uint32Array((left.length + 1) * width);
  const at = (l: number, r: number): number => longest[l * width + r] ?? 0;
  for (let l = left.length - 1; l >= 0; l--) {
    for (let r = right.length - 1; r >= 0; r--) {
      longest[l * width + r] = same[l]?.[r] === true ? at(l + 1, r + 1) + 1 : Math.max(at(l + 1, r), at(l, r + 1));
    }
  }
  const pairs: Pair[] = [];
  for (let [l, r] = [0, 0]; l < left.length && r < right.length;) {
    if (same[l]?.[r] === true) pairs.push([l++, r++]);
    else if (at(l + 1, r) >= at(l, r + 1)) l++;
    else r++;
  }
  return pairs;
}

function sideBySide<Left, Right>(left: readonly Left[], right: readonly Right[]): readonly Aligned<Left, Right>[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [l, r] = [left[index], right[index]];
    return { ...(l !== undefined && { left: l }), ...(r !== undefined && { right: r }), same: false };
  });
}
