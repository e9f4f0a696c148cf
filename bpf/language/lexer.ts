import { visible } from "../source/visible.ts";
import { scanAddress } from "./address.ts";
import { scanNumber } from "./number.ts";
import { scanString } from "./string.ts";
import { KEYWORDS, PUNCTUATION, matchAt } from "./token.ts";
import type { Keyword, Punctuation, Scanned, SyntaxProblem, Token } from "./token.ts";

/** Operators of other languages, and what each is here. Longest first. */
const FOREIGN_OPERATORS: readonly (readonly [string, Punctuation])[] = [
  ["===", "=="],
  ["!==", "!="],
  ["<>", "!="],
  ["->", "."],
  ["?.", "."],
  ["=", "=="],
];

const SPACE = /[ \t\r\n]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const FIRST_OF_TOKEN = /[A-Za-z0-9_"'()[\]<>=!&|?.:^+\-*/%~,\s]/;

export interface Tokens {
  /** ends with one token of kind "end" */
  readonly tokens: readonly Token[];
  readonly problems: readonly SyntaxProblem[];
}

/** Splits an expression into tokens. It always gets to the end: what it cannot read becomes a problem, and is passed over. */
export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  const problems: SyntaxProblem[] = [];
  for (let offset = skipSpace(text, 0); offset < text.length; offset = skipSpace(text, offset)) {
    const scanned = scanToken(text, offset);
    if (scanned.content.kind !== "end") tokens.push({ ...scanned.content, start: offset, end: scanned.end });
    problems.push(...scanned.problems);
    offset = scanned.end;
  }
  tokens.push({ kind: "end", start: text.length, end: text.length });
  return { tokens, problems };
}

function skipSpace(text: string, offset: number): number {
  return offset + (matchAt(SPACE, text, offset)?.[0].length ?? 0);
}

/**
 *     Token = Network | Number | String | Keyword | Name | Punctuation
 *
 * Addresses come first: `10.0.0.1` begins like a number, `fe80::1` like a name.
 */
function scanToken(text: string, start: number): Scanned {
  return (
    scanAddress(text, start) ??
    scanNumber(text, start) ??
    scanString(text, start) ??
    scanWord(text, start) ??
    scanForeignOperator(text, start) ??
    scanPunctuation(text, start) ??
    skipUnexpected(text, start)
  );
}

/**
 *     Name    = (Letter | "_") { Letter | Digit | "_" }     (ASCII)
 *     Keyword = "and" | "or" | "not" | "in" | "true" | "false"
 */
function scanWord(text: string, start: number): Scanned | undefined {
  const word = matchAt(NAME, text, start)?.[0];
  if (word === undefined) return undefined;
  const content = isKeyword(word)
    ? ({ kind: "keyword", text: word } as const)
    : ({ kind: "name", text: word } as const);
  return { content, end: start + word.length, problems: [] };
}

function isKeyword(word: string): word is Keyword {
  return KEYWORDS.some((keyword) => keyword === word);
}

/** Reads `=` as `==` and the like, with a problem that says so. */
function scanForeignOperator(text: string, start: number): Scanned | undefined {
  const operator = FOREIGN_OPERATORS.find(([spelling]) => text.startsWith(spelling, start));
  if (operator === undefined || text.startsWith("==", start) !== operator[0].startsWith("==")) return undefined;
  const [written, meant] = operator;
  const end = start + written.length;
  const problem: SyntaxProblem = {
    code: written === "=" ? "assignment" : "unknown-operator",
    message: `expected an operator, found "${written}"`,
    start,
    end,
    help: written === "=" ? 'write "==" to compare' : `write "${meant}"`,
  };
  return { content: { kind: "punctuation", text: meant }, end, problems: [problem] };
}

function scanPunctuation(text: string, start: number): Scanned | undefined {
  const punctuation = PUNCTUATION.find((spelling) => text.startsWith(spelling, start));
  if (punctuation === undefined) return undefined;
  return { content: { kind: "punctuation", text: punctuation }, end: start + punctuation.length, problems: [] };
}

/** Passes over a run of characters that begin no token; the content "end" is not kept. */
function skipUnexpected(text: string, start: number): Scanned {
  let end = start;
  while (end < text.length && !FIRST_OF_TOKEN.test(text.charAt(end))) end++;
  end = Math.max(end, start + 1);
  const found = visible(text.slice(start, Math.min(end, start + 20)));
  const message = `expected a name, a literal or an operator, found "${found}"`;
  return {
    content: { kind: "end" },
    end,
    problems: [{ code: "unexpected-character", message, start, end, help: helpFor(text.charAt(start)) }],
  };
}

function helpFor(character: string): string | undefined {
  if ("\u2018\u2019\u201c\u201d\u00ab\u00bb`".includes(character)) return "write strings in straight quotes, \" or '";
  if (character === "$") return 'names have no "$"';
  return undefined;
}
