/** The meaning of each diagnostic of this stage. A message ends with the code in brackets. */
export const FORMULA_CODES = {
  "formula-unknown-name": "A name in let or threshold is neither a signal, nor an aggregate, nor a let.",
  "formula-let-order": "A let uses itself or one that is defined after it.",
  "formula-duplicate-name": "A let has the name of a signal, an aggregate or another let.",
  "formula-unknown-function": "A function is not one of those that let and threshold know.",
  "formula-argument": "A function was given arguments of another number or kind than it takes.",
  "formula-type": "An operand or a whole expression is of another type than its place takes.",
  "formula-unit": "Durations are mixed with plain numbers, or whole numbers compared with percentages.",
  "empty-range": "The end of a range is below its start, so that the range is empty.",
  "formula-unsupported": "The expression is good in the kernel, but not in let and threshold.",
  "formula-out-of-reach":
    "A threshold compares a quantile or mean of a linear_histogram with what lies beyond its steps.",
  "formula-true-at-zero": "A threshold with by holds for a key that counted nothing, so it would never end.",
  "formula-nothing-to-judge": "A rule has let or threshold but no aggregate.",
} as const;
export type FormulaCode = keyof typeof FORMULA_CODES;
