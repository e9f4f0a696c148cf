/**
 * The direction in which a number is only a bound, because values lie beyond the steps of a
 * linear_histogram. Such a number is a quantile among these values, or a mean of them with others.
 * "about" is a mean of values on both sides.
 */
export type Beyond = "over" | "under" | "about";

/** Returns a number's text, marked if it is only a bound: `over 100`. */
export const boundText = (beyond: Beyond | undefined, text: string): string =>
  beyond === undefined ? text : `${beyond} ${text}`;
