import { visible } from "../source/visible.ts";
import type { SyntaxCode } from "./codes.ts";
import { KEYWORDS } from "./token.ts";
import type { Keyword, Punctuation, SyntaxProblem, Token } from "./token.ts";

/** The parser's place among the tokens, and the problems that it reported. */
export class TokenCursor {
  readonly problems: SyntaxProblem[] = [];
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #index = 0;
  #reportedUpTo = -1;

  /** `tokens` end with one of kind "end". */
  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
    this.#end = { kind: "end", start: text.length, end: text.length };
  }

  get token(): Token {
    return this.#tokens[this.#index] ?? this.#end;
  }

  /** Returns where the previous token ends; 0 at the beginning. */
  get previousEnd(): number {
    return this.#tokens[this.#index - 1]?.end ?? 0;
  }

  advance(): void {
    if (this.#index < this.#tokens.length - 1) this.#index++;
  }

  at(text: Punctuation | Keyword): boolean {
    return is(this.token, text);
  }

  /** True at `in` or `not in`. */
  atMembership(): boolean {
    return this.at("in") || (this.at("not") && is(this.#tokens[this.#index + 1], "in"));
  }

  /** Goes past the token if it is `text`. Returns true if it was. */
  skip(text: Punctuation | Keyword): boolean {
    const found = this.at(text);
    if (found) this.advance();
    return found;
  }

  /**
   * Goes past the token, or reports that it is missing. For a missing bracket it goes on to the
   * next one.
   */
  expect(text: Punctuation | Keyword): void {
    if (this.skip(text)) return;
    const isList = text === ")" && this.at(",");
    this.#reportToken(`"${text}"`, isList ? 'write a list in [ ]: x in ["a", "b"]' : undefined);
    if (text === ")" || text === "]") this.#skipPast(text);
  }

  /** Reads the name after a dot. Keywords are names there. */
  fieldName(): { readonly text: string; readonly start: number; readonly end: number } {
    const token = this.token;
    if (token.kind === "name" || token.kind === "keyword") {
      this.advance();
      return token;
    }
    this.#report("expected-name", `expected a field's name after ".", found ${this.#describe(token)}`, token);
    return { text: "", start: token.start, end: token.start };
  }

  reportMissingOperand(): void {
    const token = this.token;
    if (is(token, "..")) return this.#reportToken("an operand");
    const help =
      is(token, "*") || is(token, "&") ? HELP_FOR_POINTER : this.#index === 0 ? helpForFirst(token) : undefined;
    this.#report("expected-operand", `expected an operand, found ${this.#describe(token)}`, token, help);
  }

  reportTrailing(token: Token): void {
    this.#reportToken("an operator or the end", helpForTrailing(token, this.#tokens[this.#index - 1]));
  }

  reportTightNot(): void {
    const help = 'write "(not ...)", or "!" which binds tightly';
    this.#report("expected-operand", 'expected an operand, found "not"', this.token, help);
  }

  reportChain(operator: Token, help?: string): void {
    const message = `expected one comparison, found another at ${this.#describe(operator)}`;
    this.#report("chained-comparison", message, operator, help ?? 'join comparisons with "and"');
  }

  /**
   * Reports the problem and goes to the end: later problems would be about text that was not
   * understood.
   */
  reportTooDeep(levels: number): void {
    this.#report("too-deep", `expected at most ${levels} levels of nesting, found more`, this.token);
    this.#reportedUpTo = Infinity;
    this.#index = this.#tokens.length - 1;
  }

  #reportToken(expected: string, help?: string): void {
    const isRange = this.at("..");
    const found = this.#describe(this.token);
    this.#report(
      isRange ? "misplaced-range" : this.token.kind === "end" ? "expected-token" : "unexpected-token",
      `expected ${expected}, found ${found}`,
      this.token,
      isRange ? 'a range "1..5" has two ends and stands in a list or on the right of "in"' : help,
    );
  }

  /**
   * Reports at most one problem for each place: others there would be consequences of the first.
   */
  #report(code: SyntaxCode, message: string, { start, end }: Token, help?: string): void {
    if (start <= this.#reportedUpTo) return;
    this.#reportedUpTo = start;
    this.problems.push({ code, message, start, end, help });
  }

  #skipPast(close: ")" | "]"): void {
    let open = 0;
    for (let index = this.#index; index < this.#tokens.length; index++) {
      const token = this.#tokens[index];
      if (is(token, "(") || is(token, "[")) open++;
      else if (open > 0 && (is(token, ")") || is(token, "]"))) open--;
      else if (is(token, close)) {
        this.#index = index + 1;
        return;
      }
    }
  }

  #describe(token: Token): string {
    if (token.kind === "end") return "the end";
    const text = this.#text.slice(token.start, token.end);
    return `"${visible(text.length > 40 ? `${text.slice(0, 40)}…` : text)}"`;
  }
}

const HELP_FOR_POINTER =
  'to follow a pointer write ".": p.field or cast(p, "TYPE").field; p[0] is the value that p points to';

function is(token: Token | undefined, text: Punctuation | Keyword): boolean {
  return (token?.kind === "punctuation" || token?.kind === "keyword") && token.text === text;
}

/** Returns the help for an expression such as `> 10`, which the settings of other tools allow. */
function helpForFirst(token: Token): string | undefined {
  const isComparison = [">", ">=", "<", "<=", "==", "!="].some(
    (text) => token.kind === "punctuation" && token.text === text,
  );
  return isComparison ? 'write both sides of the comparison: "value > 10"' : undefined;
}

/** Words that PromQL, SQL and rules of Prometheus have within a condition. */
const KEYS: Readonly<Record<string, string>> = {
  for: 'to say how long a condition must hold, write the key "for: 30s" beside "threshold"',
  over: 'to say which time is counted, write the key "window: 5m" beside "threshold"',
  by: 'to count for each name, write the key "by: [comm]" beside "aggregate"',
  without: 'to count for each name, write the key "by: [comm]" beside "aggregate"',
  offset: 'write "previous(x)" for the window before, "mean(x, 1h)" for earlier ones',
  unless: 'write "and not"',
  like: 'write glob(x, "a*b"), starts_with(x, "a") or contains(x, "c")',
  matches: 'write glob(x, "a*b"), starts_with(x, "a") or contains(x, "c")',
  regex: 'write glob(x, "a*b"), starts_with(x, "a") or contains(x, "c")',
  contains: 'write contains(x, "c")',
  startswith: 'write starts_with(x, "a")',
  endswith: 'write ends_with(x, "b")',
  is: 'write "=="',
  if: 'write "condition ? a : b"',
  group_left: 'signals of one rule share the keys of "by": leave it out',
  group_right: 'signals of one rule share the keys of "by": leave it out',
  on: 'signals of one rule share the keys of "by": leave it out',
  ignoring: 'signals of one rule share the keys of "by": leave it out',
  between: 'write "x in 1..5"',
  xor: 'write "(a) != (b)"',
};

function helpForTrailing(token: Token, before?: Token): string | undefined {
  if (before?.kind === "name" && before.text === "bool") return 'leave "bool" out: a condition is true or false';
  if (is(token, "(")) return "only a name can be called: f(x)";
  if (is(token, ")") || is(token, "]")) return "no bracket is open here";
  if (token.kind === "literal") return 'join two values by an operator, conditions by "and" or "or"';
  if (token.kind !== "name") return undefined;
  const key = Object.hasOwn(KEYS, token.text) ? KEYS[token.text] : undefined;
  if (key !== undefined) return key;
  const keyword = KEYWORDS.find((word) => word === token.text.toLowerCase());
  return keyword ? `write "${keyword}"` : 'join two values by an operator, conditions by "and" or "or"';
}
