import { RE2JSException } from "re2js";
import type { ExpressionText } from "../../bpf/language/expression-text.ts";
import { type Checked, type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { MatcherCode } from "./codes.ts";
import { compileRegex, OPERATORS, type Matcher, type MatcherOperator } from "./matcher.ts";

/** Compiling takes time with the length: some tens of milliseconds for this many characters. */
const LONGEST_REGEX = 1000;

/** Wraps a text that is not part of a file, such as a command's argument. */
export function plainText(source: Source): ExpressionText {
  return { source, text: source.text, offsetAt: (index) => index };
}

/**
 * Parses matchers with commas between them, in braces or without: Alertmanager's
 * (https://prometheus.io/docs/alerting/latest/configuration/#matcher) UTF-8 form.
 *
 *     matchers = matcher ("," matcher)* ","?  |  "{" matchers? "}"
 *     matcher  = text ("=" | "!=" | "=~" | "!~") text
 *     text     = any but spaces and {}!=~,\"'` | '"' (any but '"' and '\' | '\' any)* '"'
 *
 * In quotes, `\\`, `\"`, `\n`, `\r` and `\t` are one character each. Any other backslash is itself,
 * so that `"\d+"` works. The result is empty for `{}` only.
 */
export function parseMatchers(text: ExpressionText): Checked<readonly Matcher[]> {
  const parser = new Parser(text);
  const result = parser.matchers();
  const { diagnostics } = parser;
  return diagnostics.length > 0 ? { diagnostics } : { result, diagnostics };
}

interface Token {
  readonly kind: "text" | "operator" | "{" | "}" | "," | "end" | "unclosed" | "other";
  readonly raw: string;
  /** the text without quotes and escapes */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /\s*/y;
const TOKEN = /(=~|!=|!~|=)|("(?:[^"\\]|\\[^])*")|([^\s{}!=~,\\"'`]+)|([{},])|(")|[^]/y;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\", '"': '"', n: "\n", r: "\r", t: "\t" };

class Parser {
  readonly #text: ExpressionText;
  #token: Token;
  readonly diagnostics: Diagnostic[] = [];

  constructor(text: ExpressionText) {
    this.#text = text;
    this.#token = this.#read(0);
  }

  matchers(): readonly Matcher[] {
    const matchers: Matcher[] = [];
    const braces = this.#take("{");
    while (this.#token.kind !== "end" && !(braces && this.#token.kind === "}")) {
      const matcher = this.#matcher();
      if (matcher === undefined) return [];
      matchers.push(matcher);
      if (!this.#take(",")) break;
    }
    if (braces && !this.#take("}")) this.#expected('"," or "}"');
    else if (this.#token.kind !== "end") this.#expected('"," or the end');
    else if (!braces && matchers.length === 0) this.#expected('a matcher such as severity="critical"');
    return matchers;
  }

  #matcher(): Matcher | undefined {
    const name = this.#token;
    if (name.kind !== "text" || name.value === "") return this.#expected("a label's name");
    this.#next();
    const operator = OPERATORS.find((each) => each === this.#token.raw);
    if (this.#token.kind !== "operator" || operator === undefined) return this.#expected("=, !=, =~ or !~");
    this.#next();
    const value = this.#token;
    if (value.kind !== "text") return this.#expected("a value in double quotes");
    this.#next();
    return this.#checked({ name: name.value, operator, value: value.value }, value);
  }

  #checked(matcher: Matcher, { start, end }: Token): Matcher | undefined {
    const wrong = isRegex(matcher.operator) ? regexTrouble(matcher.value) : undefined;
    if (wrong === undefined) return matcher;
    this.#error("bad-regex", wrong, start, end, "the syntax is RE2's: no lookaround, no backreferences");
    return undefined;
  }

  #expected(what: string): undefined {
    const { kind, raw, start, end } = this.#token;
    const found = FOUND[kind] ?? `"${raw}"`;
    const help = raw === "'" || raw === "`" ? "write the value in double quotes" : undefined;
    this.#error("bad-matcher", `expected ${what}, found ${found}`, start, end, help);
  }

  #error(code: MatcherCode, message: string, start: number, end: number, help?: string): void {
    const { source } = this.#text;
    const span = { source, start: this.#text.offsetAt(start), end: this.#text.offsetAt(end) };
    this.diagnostics.push(errorAt(code, message, span, help));
  }

  #take(kind: Token["kind"]): boolean {
    const isThere = this.#token.kind === kind;
    if (isThere) this.#next();
    return isThere;
  }

  #next(): void {
    this.#token = this.#read(this.#token.end);
  }

  #read(from: number): Token {
    const { text } = this.#text;
    SPACE.lastIndex = from;
    const start = from + (SPACE.exec(text)?.[0].length ?? 0);
    TOKEN.lastIndex = start;
    const match = TOKEN.exec(text);
    if (match === null) return { kind: "end", raw: "", value: "", start, end: start };
    const [raw, operator, quoted, bare, mark, quote] = match;
    const token = { raw, value: raw, start, end: start + raw.length };
    if (operator !== undefined) return { ...token, kind: "operator" };
    if (quoted !== undefined) return { ...token, kind: "text", value: unquote(quoted) };
    if (bare !== undefined) return { ...token, kind: "text" };
    if (mark === "{" || mark === "}" || mark === ",") return { ...token, kind: mark };
    return {
      ...token,
      kind: quote === undefined ? "other" : "unclosed",
      end: start + (quote === undefined ? 1 : text.length - start),
    };
  }
}

const FOUND: Partial<Record<Token["kind"], string>> = {
  end: "the end",
  unclosed: "a quote that is never closed",
};

function isRegex(operator: MatcherOperator): boolean {
  return operator === "=~" || operator === "!~";
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\([^])/g, (whole, character: string) => ESCAPES[character] ?? whole);
}

/** Returns why a regular expression cannot be used, or undefined if it can. */
function regexTrouble(pattern: string): string | undefined {
  if (pattern.length > LONGEST_REGEX)
    return `expected a regular expression of at most ${LONGEST_REGEX} characters, found ${pattern.length}`;
  try {
    compileRegex(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `expected a regular expression, found ${error.message.replace(/^error parsing regexp: /, "")}`;
  }
}
