import { describeOdd } from "../source/odd-character.ts";
import { visible } from "../source/visible.ts";
import { scanAddress } from "./address.ts";
import { scanNumber } from "./number.ts";
import { scanString } from "./string.ts";
import { KEYWORDS, PUNCTUATION, matchAt } from "./token.ts";
import type { Keyword, Punctuation, Scanned, SyntaxProblem, Token } from "./token.ts";

/** Operators of other languages, and the operator to write instead. Longest first. */
const FOREIGN_OPERATORS: readonly (readonly [string, Punctuation])[] = [
  ["===", "=="],
  ["!==", "!="],
  ["<>", "!="],
  ["->", "."],
  ["?.", "."],
  ["=~", "=="],
  ["!~", "!="],
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

/**
 * Splits an expression into tokens. It always reads to the end: text that is not a token becomes a
 * problem and is skipped.
 */
export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  const problems: SyntaxProblem[] = [];
  for (let offset = skipSpace(text, 0); offset < text.length; offset = skipSpace(text, offset)) {
    const scanned = scanToken(text, offset, endsOperand(tokens));
    if (scanned.content.kind !== "end") tokens.push({ ...scanned.content, start: offset, end: scanned.end });
    problems.push(...scanned.problems);
    offset = scanned.end;
  }
  tokens.push({ kind: "end", start: text.length, end: text.length });
  return { tokens, problems };
}

/**
 * True if the last token ends an operand, so that an operator is expected. A keyword after a dot is
 * the name of a field.
 */
function endsOperand(tokens: readonly Token[]): boolean {
  const [before, last] = tokens.length === 1 ? [undefined, tokens[0]] : tokens.slice(-2);
  if (last === undefined) return false;
  if (last.kind === "punctuation") return last.text === ")" || last.text === "]";
  if (last.kind !== "keyword") return true;
  const isField = before?.kind === "punctuation" && before.text === ".";
  return isField || last.text === "true" || last.text === "false";
}

function skipSpace(text: string, offset: number): number {
  return offset + (matchAt(SPACE, text, offset)?.[0].length ?? 0);
}

/**
 *     Token = Network | Number | String | Keyword | Name | Punctuation
 *
 * Addresses come first: `10.0.0.1` begins like a number, `fe80::1` like a name.
 */
function scanToken(text: string, start: number, afterOperand: boolean): Scanned {
  return (
    scanAddress(text, start) ??
    scanNumber(text, start) ??
    scanString(text, start) ??
    scanWord(text, start) ??
    scanForeignOperator(text, start, afterOperand) ??
    scanComment(text, start) ??
    (afterOperand ? undefined : scanRegex(text, start)) ??
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

/** Reads an operator of another language, such as `=` for `==`, and reports it. */
function scanForeignOperator(text: string, start: number, afterOperand: boolean): Scanned | undefined {
  const operator = FOREIGN_OPERATORS.find(([spelling]) => text.startsWith(spelling, start));
  // where an operand is expected, `!~x` is two operators
  if (operator?.[0] === "!~" && !afterOperand) return undefined;
  if (operator === undefined || text.startsWith("==", start) !== operator[0].startsWith("==")) return undefined;
  const [written, meant] = operator;
  const end = start + written.length;
  const problem: SyntaxProblem = {
    code: written === "=" ? "assignment" : "unknown-operator",
    message: `expected an operator, found "${written}"`,
    start,
    end,
    help: helpForOperator(written, meant),
  };
  return { content: { kind: "punctuation", text: meant }, end, problems: [problem] };
}

function helpForOperator(written: string, meant: Punctuation): string {
  if (written === "=") return 'write "==" to compare';
  return written.includes("~") ? HELP_FOR_REGEX : `write "${meant}"`;
}

const HELP_FOR_REGEX =
  'there are no regular expressions: write glob(x, "a*b"), starts_with(x, "a"), ends_with(x, "b"), contains(x, "c") or x in ["a", "b"]';

const REGEX = /\/(?:[^/\\\r\n]|\\[^\r\n])+\/[a-z]*/y;

/**
 * Reads a regular expression such as `/a.*b/`, which other languages have, as a string, and reports
 * it.
 */
function scanRegex(text: string, start: number): Scanned | undefined {
  const found = matchAt(REGEX, text, start);
  if (found === null) return undefined;
  const end = start + found[0].length;
  const message = `expected an operand, found the regular expression ${visible(found[0].slice(0, 40))}`;
  const problem: SyntaxProblem = { code: "expected-operand", message, start, end, help: HELP_FOR_REGEX };
  return { content: { kind: "literal", literal: { kind: "string", value: "" } }, end, problems: [problem] };
}

const COMMENT = /\/\*[^]*?(?:\*\/|$)|\/\/.*/y;

/** Skips a comment of C or bpftrace, and reports it. */
function scanComment(text: string, start: number): Scanned | undefined {
  const found = matchAt(COMMENT, text, start)?.[0];
  if (found === undefined) return undefined;
  const end = start + found.length;
  const message = `expected an expression, found the comment "${visible(found.slice(0, 40))}"`;
  const help = 'write a comment as in YAML: a space, then "#"';
  return { content: { kind: "end" }, end, problems: [{ code: "unexpected-character", message, start, end, help }] };
}

function scanPunctuation(text: string, start: number): Scanned | undefined {
  const punctuation = PUNCTUATION.find((spelling) => text.startsWith(spelling, start));
  if (punctuation === undefined) return undefined;
  return { content: { kind: "punctuation", text: punctuation }, end: start + punctuation.length, problems: [] };
}

/** Skips characters that do not begin a token, and reports them. The content "end" is dropped. */
function skipUnexpected(text: string, start: number): Scanned {
  let end = start;
  while (end < text.length && !FIRST_OF_TOKEN.test(text.charAt(end))) end++;
  end = Math.max(end, start + 1);
  const odd = describeOdd(String.fromCodePoint(text.codePointAt(start) ?? 0));
  const found = odd === undefined ? `"${visible(text.slice(start, Math.min(end, start + 20)))}"` : `a ${odd.name}`;
  const message = `expected a name, a literal or an operator, found ${found}`;
  return {
    content: { kind: "end" },
    end,
    problems: [{ code: "unexpected-character", message, start, end, help: odd?.help ?? helpFor(text.charAt(start)) }],
  };
}

function helpFor(character: string): string | undefined {
  if ("\u2018\u2019\u201c\u201d\u00ab\u00bb`".includes(character)) return "write strings in straight quotes, \" or '";
  return HELP_FOR_CHARACTERS.get(character);
}

/** Characters that are in expressions of bpftrace, PromQL and shells. */
const HELP_FOR_CHARACTERS: ReadonlyMap<string, string> = new Map([
  ["$", 'names have no "$"; to give a value a name, write the key "with: {NAME: EXPRESSION}"'],
  ["@", 'to count, write "aggregate: count()"; to count for each name, write "by: [comm]"'],
  ["{", 'to choose events, write a condition in the key "filter": comm == "x"'],
  [";", "an expression is one value: write each value in a key of its own"],
  ["#", 'a comment of YAML begins with " #": put a space before it'],
]);
