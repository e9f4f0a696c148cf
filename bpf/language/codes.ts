/** What can be wrong with the text of an expression. The key is the code that messages end with. */
export const SYNTAX_CODES = {
  assignment: "A single = stands where == compares.",
  "bad-address": "An IP address or network is not written as one.",
  "bad-escape": "A backslash in a string begins no escape.",
  "bad-number": "A number, duration or size is not written as one, or does not fit in 64 bits.",
  "chained-comparison": "One comparison is compared with another, as in a < b < c.",
  "expected-name": "After a dot stands something that is no field's name.",
  "expected-operand": "An operator or bracket has nothing to work on.",
  "expected-token": "The expression ends before a bracket or a colon that it needs.",
  "misplaced-range": "A range stands outside of a list and not to the right of in.",
  "too-deep": "The expression is nested deeper than 64 levels.",
  "too-long": "The expression has more characters than are read.",
  "unexpected-character": "A character begins no name, literal or operator.",
  "unexpected-token": "Something stands where the expression cannot go on with it.",
  "unknown-operator": "An operator of another language, such as -> or ===.",
  "unterminated-string": "A string has no closing quote.",
} as const;

export type SyntaxCode = keyof typeof SYNTAX_CODES;
