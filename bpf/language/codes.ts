/** Errors in the text of an expression. The key is the code at the end of a message. */
export const SYNTAX_CODES = {
  assignment: "A single = is used where == is needed.",
  "bad-address": "An IP address or network is not valid.",
  "bad-escape": "A backslash in a string does not begin an escape.",
  "bad-number": "A number, duration or size is not valid, or does not fit in 64 bits.",
  "chained-comparison": "The result of a comparison is compared again, as in a < b < c.",
  "expected-name": "A dot is not followed by the name of a field.",
  "expected-operand": "An operator has no value to work on, or a bracket is empty.",
  "expected-token": "The expression ends where a bracket or a colon is missing.",
  "misplaced-range": "A range is neither in a list nor on the right of in.",
  "too-deep": "The expression is nested deeper than 64 levels.",
  "too-long": "The expression has too many characters.",
  "unexpected-character": "A character does not begin a name, literal or operator.",
  "unexpected-token": "A word, value or operator cannot be at this place.",
  "unknown-operator": "An operator of another language, such as -> or ===.",
  "unterminated-string": "A string has no closing quote.",
} as const;

export type SyntaxCode = keyof typeof SYNTAX_CODES;
