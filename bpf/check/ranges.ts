import type { ScalarOperator } from "./typed-expression.ts";

/** Ranges of numbers, both ends included, in ascending order and without overlap. */
export type Ranges = readonly (readonly [least: bigint, most: bigint])[];

const WHOLE = {
  signed: [-(1n << 63n), (1n << 63n) - 1n],
  unsigned: [0n, (1n << 64n) - 1n],
} as const;

/**
 * Returns the values of a 64-bit register, read as signed or unsigned, for which a comparison with
 * a number is true. Returns undefined for an operator that does not compare.
 */
export function rangesOf(operator: ScalarOperator, signed: boolean, value: bigint): Ranges | undefined {
  const [least, most] = WHOLE[signed ? "signed" : "unsigned"];
  switch (operator) {
    case "==":
      return [[value, value]];
    case "!=":
      return inOrder([least, value - 1n], [value + 1n, most]);
    case "<":
      return inOrder([least, value - 1n]);
    case "<=":
      return inOrder([least, value]);
    case ">":
      return inOrder([value + 1n, most]);
    case ">=":
      return inOrder([value, most]);
    default:
      return undefined;
  }
}

const inOrder = (...ranges: Ranges): Ranges => ranges.filter(([least, most]) => least <= most);

/** Returns the numbers that are in both, in time that is linear in the number of ranges. */
export function common(a: Ranges, b: Ranges): Ranges {
  const shared: (readonly [bigint, bigint])[] = [];
  let [inA, inB] = [0, 0];
  for (;;) {
    const [one, other] = [a[inA], b[inB]];
    if (one === undefined || other === undefined) return shared;
    const [least, most] = [one[0] > other[0] ? one[0] : other[0], one[1] < other[1] ? one[1] : other[1]];
    if (least <= most) shared.push([least, most]);
    if (one[1] < other[1]) inA++;
    else inB++;
  }
}

export function either(a: Ranges, b: Ranges): Ranges {
  const joined: [bigint, bigint][] = [];
  for (const [least, most] of [...a, ...b].toSorted(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0))) {
    const last = joined.at(-1);
    if (last === undefined || least > last[1] + 1n) joined.push([least, most]);
    else if (most > last[1]) last[1] = most;
  }
  return joined;
}

export const has = (ranges: Ranges, value: bigint): boolean =>
  ranges.some(([least, most]) => least <= value && value <= most);
