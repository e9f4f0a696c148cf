/** The errors in a matcher. */
export const MATCHER_CODES = {
  "bad-matcher": "A matcher does not consist of a label's name, an operator and a value.",
  "bad-regex": "The regular expression of a matcher cannot be used.",
} as const;

export type MatcherCode = keyof typeof MATCHER_CODES;
