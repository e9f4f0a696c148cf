import { type Checked, type Diagnostic, errorAt } from "../source/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { isDeeperThan } from "./children.ts";
import type { ExpressionText } from "./expression-text.ts";
import type { Expression } from "./expression.ts";
import { tokenize } from "./lexer.ts";
import { Parser } from "./parser.ts";
import { TokenCursor } from "./token-cursor.ts";
import type { SyntaxProblem } from "./token.ts";

const MAX_LENGTH = 16_384;
/**
 * The maximum depth of the tree. A long chain of operators is deep too. Code that walks the tree
 * may recurse.
 */
const MAX_DEPTH = 256;
const MAX_PROBLEMS = 20;

/**
 * Reads one expression. It returns a result if and only if there are no diagnostics. The tree is at
 * most 256 levels deep. It never throws. Codes are those of `SYNTAX_CODES`. Spans are offsets into
 * the file, by `text.offsetAt`.
 */
export function parseExpression(text: ExpressionText): Checked<Expression> {
  if (text.text.length > MAX_LENGTH) {
    const message = `expected an expression of at most ${MAX_LENGTH} characters, found ${text.text.length}`;
    return { diagnostics: [toDiagnostic(text, { code: "too-long", message, start: 0, end: text.text.length })] };
  }
  const { tokens, problems } = tokenize(text.text);
  const cursor = new TokenCursor(text.text, tokens);
  const result = new Parser(text, cursor).parseWhole();
  const found = [...problems, ...understood(cursor.problems, problems)];
  if (found.length === 0 && isDeeperThan(result, MAX_DEPTH)) found.push(tooDeep(text));
  if (found.length === 0) return { result, diagnostics: [] };
  const sorted = found.toSorted((a, b) => a.start - b.start).slice(0, MAX_PROBLEMS);
  return { diagnostics: sorted.map((problem) => toDiagnostic(text, problem)) };
}

/** Takes a whole source as one expression: for tests, and for texts outside YAML files. */
export function wholeText(source: Source): ExpressionText {
  return { source, text: source.text, offsetAt: (index) => index };
}

/**
 * Returns the parser's problems before the first characters that the lexer skipped: later ones
 * would be consequences of the gap.
 */
function understood(parser: readonly SyntaxProblem[], lexer: readonly SyntaxProblem[]): readonly SyntaxProblem[] {
  const hole = lexer.find((problem) => problem.code === "unexpected-character");
  return hole === undefined ? parser : parser.filter((problem) => problem.start < hole.start);
}

function tooDeep(text: ExpressionText): SyntaxProblem {
  const message = `expected at most ${MAX_DEPTH} operators in a chain, found more`;
  const help = 'to compare one value with many, write "x in [...]"';
  return { code: "too-deep", message, start: 0, end: text.text.length, help };
}

function toDiagnostic(text: ExpressionText, { code, message, start, end, help }: SyntaxProblem): Diagnostic {
  const span = { source: text.source, start: text.offsetAt(start), end: text.offsetAt(end) };
  return errorAt(code, message, span, help);
}
