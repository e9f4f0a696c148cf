/**
 * That a number is only a bound, for values lie beyond the steps of a linear_histogram: a quantile
 * among them, and the mean of them with others. "about" is a mean of values on both sides.
 */
export type Beyond = "over" | "under" | "about";

/** A number as it is shown where it may be only a bound: `over 100`. */
export const boundText = (beyond: Beyond | undefined, text: string): string =>
  beyond === undefined ? text : `${beyond} ${text}`;
