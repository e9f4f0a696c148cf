/**
 * A piece of PromQL. `over` says what its time series are: one for each key, one for all keys of a
 * rule, or none, because it is a number.
 */
export interface Term {
  readonly text: string;
  readonly over: "key" | "rule" | "number";
}

/** Formats a duration for PromQL. */
export function promDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (!Number.isInteger(seconds)) return `${Math.round(milliseconds)}ms`;
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/**
 * Joins two terms by an operator. A key's value and the rule's are matched by the labels that both
 * have.
 *
 * @param turned the same operator with its sides exchanged, for operators that take no group
 */
export function joined(left: Term, operator: string, right: Term, shared: string): Term {
  const match =
    left.over === "key" && right.over === "rule"
      ? ` on(${shared}) group_left()`
      : left.over === "rule" && right.over === "key"
        ? ` on(${shared}) group_right()`
        : "";
  const over = [left.over, right.over].includes("key")
    ? "key"
    : [left.over, right.over].includes("rule")
      ? "rule"
      : "number";
  return { text: `(${left.text} ${operator}${match} ${right.text})`, over };
}
