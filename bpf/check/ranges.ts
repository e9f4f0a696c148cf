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

export function common(a: Ranges, b: Ranges): Ranges {
  return a.flatMap(([least, most]) =>
    inOrder(...b.map(([low, high]) => [low > least ? low : least, high < most ? high : most] as const)),
  );
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
