import type { SyntaxCode } from "./codes.ts";
import type { Expression } from "./expression.ts";

/** A literal as the lexer reads it: a node without its place. */
export type Literal = Expression extends infer Node
  ? Node extends { readonly kind: "integer" | "decimal" | "duration" | "size" | "percentage" | "string" | "network" }
    ? Omit<Node, "span">
    : never
  : never;

/** Words that cannot be names, except after a dot: `args.in` is a field. */
export const KEYWORDS = ["and", "or", "not", "in", "true", "false"] as const;
export type Keyword = (typeof KEYWORDS)[number];

/** Longest first, since the lexer takes the first one that matches. */
export const PUNCTUATION = [
  ...["<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "??", ".."],
  ...["?", ":", "|", "^", "&", "<", ">", "+", "-", "*", "/", "%", "~", "!", ".", ",", "(", ")", "[", "]"],
] as const;
export type Punctuation = (typeof PUNCTUATION)[number];

/** A token from `start` to `end` (exclusive), as offsets into the expression's text. */
export type Token = { readonly start: number; readonly end: number } & TokenContent;

export type TokenContent =
  | { readonly kind: "literal"; readonly literal: Literal }
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "keyword"; readonly text: Keyword }
  | { readonly kind: "punctuation"; readonly text: Punctuation }
  | { readonly kind: "end" };

/** A problem that the lexer or parser found, with offsets into the expression's text. */
export interface SyntaxProblem {
  readonly code: SyntaxCode;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly help?: string | undefined;
}

/** The result of a scanner: the token, its end, and the problems in it. */
export interface Scanned {
  readonly content: TokenContent;
  readonly end: number;
  readonly problems: readonly SyntaxProblem[];
}

/**
 * Returns a stand-in for a literal that could not be read. The parser goes on with it, so that one
 * mistake is reported once.
 */
export function badLiteral(code: SyntaxCode, message: string, start: number, end: number, help?: string): Scanned {
  return {
    content: { kind: "literal", literal: { kind: "integer", value: 0n } },
    end,
    problems: [{ code, message, start, end, help }],
  };
}

export function goodLiteral(literal: Literal, end: number): Scanned {
  return { content: { kind: "literal", literal }, end, problems: [] };
}

/** Matches a sticky pattern at an offset. */
export function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}
