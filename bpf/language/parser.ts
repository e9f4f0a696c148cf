import type { Expression, MembershipExpression, UnaryOperator } from "./expression.ts";
import type { ExpressionText } from "./expression-text.ts";
import { BINARY_PRECEDENCE, PRECEDENCE, binaryOperator } from "./precedence.ts";
import type { Precedence } from "./precedence.ts";
import { printExpression } from "./printer.ts";
import type { TokenCursor } from "./token-cursor.ts";
import type { Token } from "./token.ts";

/** The maximum depth of nested parentheses, lists, calls, prefix operators and conditionals. */
const MAX_NESTING = 64;

/**
 * A recursive-descent parser over a cursor. Each method is below its production. If something is
 * missing, the parser reports it and returns a stand-in. So each method returns an expression, and
 * the rest of the text is still checked.
 */
export class Parser {
  readonly #text: ExpressionText;
  readonly #cursor: TokenCursor;
  /** `(a < b) == c` is not a chain */
  readonly #parenthesised = new WeakSet<Expression>();
  #nesting = 0;

  constructor(text: ExpressionText, cursor: TokenCursor) {
    this.#text = text;
    this.#cursor = cursor;
  }

  /**
   *     Whole = Expression End
   */
  parseWhole(): Expression {
    const expression = this.parseExpression();
    const token = this.#cursor.token;
    if (token.kind !== "end") this.#cursor.reportTrailing(token);
    return expression;
  }

  /**
   *     Expression = Binary [ "?" Expression ":" Expression ]
   */
  parseExpression(): Expression {
    return this.#nested(() => {
      const start = this.#cursor.token.start;
      const test = this.#parseBinary(PRECEDENCE.or);
      if (!this.#cursor.skip("?")) return test;
      const then = this.parseExpression();
      this.#cursor.expect(":");
      const otherwise = this.parseExpression();
      return { kind: "conditional", test, then, otherwise, span: this.#spanFrom(start) };
    });
  }

  /**
   *     Or         = And { ("or" | "||") And }
   *     And        = Not { ("and" | "&&") Not }
   *     Comparison = BitOr [ ("==" | "!=" | "<" | "<=" | ">" | ">=") BitOr | ["not"] "in" Set ]
   *     BitOr      = BitXor { "|" BitXor }
   *     BitXor     = BitAnd { "^" BitAnd }
   *     BitAnd     = Shift { "&" Shift }
   *     Shift      = Sum { ("<<" | ">>") Sum }
   *     Sum        = Product { ("+" | "-") Product }
   *     Product    = Coalesce { ("*" | "/" | "%") Coalesce }
   *
   * One loop reads all of them. It takes operators that bind at least as tightly as `least`. The
   * right sides take only operators that bind more tightly.
   */
  #parseBinary(least: Precedence): Expression {
    const start = this.#cursor.token.start;
    let left = this.#parseNot(least);
    for (;;) {
      const token = this.#cursor.token;
      const operator =
        token.kind === "punctuation" || token.kind === "keyword" ? binaryOperator(token.text) : undefined;
      if (operator !== undefined && BINARY_PRECEDENCE[operator] >= least) {
        this.#cursor.advance();
        const right = this.#parseBinary(tighter(BINARY_PRECEDENCE[operator]));
        if (BINARY_PRECEDENCE[operator] === PRECEDENCE.comparison) this.#checkChain(left, token, right);
        left = { kind: "binary", operator, left, right, span: this.#spanFrom(start) };
      } else if (least <= PRECEDENCE.comparison && this.#cursor.atMembership()) {
        const membership = this.#parseMembership(left, start);
        this.#checkChain(left, token, membership.set);
        left = membership;
      } else return left;
    }
  }

  /**
   *     ["not"] "in" Set
   */
  #parseMembership(element: Expression, start: number): MembershipExpression {
    const negated = this.#cursor.skip("not");
    this.#cursor.expect("in");
    const set = this.#parseRange(() => this.#parseBinary(PRECEDENCE.bitOr));
    return { kind: "membership", negated, element, set, span: this.#spanFrom(start) };
  }

  /**
   *     Set  = BitOr [ ".." BitOr ]
   *     Item = Expression [ ".." BitOr ]
   */
  #parseRange(parseLow: () => Expression): Expression {
    const start = this.#cursor.token.start;
    const low = parseLow();
    if (!this.#cursor.skip("..")) return low;
    const high = this.#parseBinary(PRECEDENCE.bitOr);
    return { kind: "range", low, high, span: this.#spanFrom(start) };
  }

  /**
   *     Not = "not" Not | Comparison
   */
  #parseNot(least: Precedence): Expression {
    if (!this.#cursor.at("not")) return this.#parseCoalesce();
    if (least > PRECEDENCE.not) this.#cursor.reportTightNot();
    return this.#parsePrefix("not", () => this.#parseBinary(PRECEDENCE.not));
  }

  /**
   *     Coalesce = Unary { "??" Unary }
   */
  #parseCoalesce(): Expression {
    const start = this.#cursor.token.start;
    const first = this.#parseUnary();
    if (!this.#cursor.at("??")) return first;
    const alternatives = [first];
    while (this.#cursor.skip("??")) alternatives.push(this.#parseUnary());
    return { kind: "coalesce", alternatives, span: this.#spanFrom(start) };
  }

  /**
   *     Unary = ("-" | "~" | "!") Unary | Postfix
   */
  #parseUnary(): Expression {
    if (this.#cursor.at("-")) return this.#parsePrefix("-", () => this.#parseUnary());
    if (this.#cursor.at("~")) return this.#parsePrefix("~", () => this.#parseUnary());
    if (this.#cursor.at("!")) return this.#parsePrefix("not", () => this.#parseUnary());
    return this.#parsePostfix();
  }

  #parsePrefix(operator: UnaryOperator, parseOperand: () => Expression): Expression {
    return this.#nested(() => {
      const start = this.#cursor.token.start;
      this.#cursor.advance();
      const operand = parseOperand();
      return { kind: "unary", operator, operand, span: this.#spanFrom(start) };
    });
  }

  /**
   *     Postfix = Primary { "." Name | "[" Expression "]" }
   */
  #parsePostfix(): Expression {
    const start = this.#cursor.token.start;
    let object = this.#parsePrimary();
    for (;;) {
      if (this.#cursor.skip(".")) {
        const { text: field, start: from, end } = this.#cursor.fieldName();
        object = { kind: "member", object, field, fieldSpan: this.#span(from, end), span: this.#spanFrom(start) };
      } else if (this.#cursor.skip("[")) {
        const index = this.parseExpression();
        this.#cursor.expect("]");
        object = { kind: "index", object, index, span: this.#spanFrom(start) };
      } else return object;
    }
  }

  /**
   *     Primary = Literal | "true" | "false" | Name | Name "(" [ Expression { "," Expression } ] ")"
   *             | "(" Expression ")" | "[" [ Item { "," Item } ] "]"
   */
  #parsePrimary(): Expression {
    const token = this.#cursor.token;
    const span = this.#span(token.start, token.end);
    if (token.kind === "literal") {
      this.#cursor.advance();
      return { ...token.literal, span };
    }
    if (token.kind === "name") return this.#parseName(token.text, token);
    if (this.#cursor.skip("true")) return { kind: "integer", value: 1n, span };
    if (this.#cursor.skip("false")) return { kind: "integer", value: 0n, span };
    if (this.#cursor.at("(")) return this.#parseParenthesised();
    if (this.#cursor.skip("[")) {
      const items = this.#parseSequence("]", () => this.#parseRange(() => this.parseExpression()));
      return { kind: "list", items, span: this.#spanFrom(token.start) };
    }
    this.#cursor.reportMissingOperand();
    return { kind: "integer", value: 0n, span };
  }

  #parseName(name: string, token: Token): Expression {
    this.#cursor.advance();
    const span = this.#span(token.start, token.end);
    if (!this.#cursor.skip("(")) return { kind: "name", name, span };
    const given = this.#parseSequence(")", () => this.parseExpression());
    return { kind: "call", callee: name, calleeSpan: span, arguments: given, span: this.#spanFrom(token.start) };
  }

  /** The span of the inner expression leaves out the parentheses. */
  #parseParenthesised(): Expression {
    this.#cursor.advance();
    const expression = this.parseExpression();
    this.#cursor.expect(")");
    this.#parenthesised.add(expression);
    return expression;
  }

  /** Reads the items up to the closing bracket, separated by commas, and the bracket. */
  #parseSequence(close: ")" | "]", parseItem: () => Expression): readonly Expression[] {
    if (this.#cursor.skip(close)) return [];
    const items: Expression[] = [];
    do items.push(parseItem());
    while (this.#cursor.skip(","));
    this.#cursor.expect(close);
    return items;
  }

  /**
   * Reports `a < b < c`, which compares a truth value with `c`. In a longer chain only the first
   * two comparisons are reported.
   */
  #checkChain(left: Expression, operator: Token, right: Expression): void {
    if (!this.#isComparison(left)) return;
    if (left.kind === "membership")
      return this.#isComparison(left.element) ? undefined : this.#cursor.reportChain(operator);
    if (left.kind !== "binary" || this.#isComparison(left.left)) return;
    const [first, middle, last] = [left.left, left.right, right].map(printExpression);
    const text = operator.kind === "punctuation" ? operator.text : undefined;
    this.#cursor.reportChain(
      operator,
      text && `write "${first} ${left.operator} ${middle} and ${middle} ${text} ${last}"`,
    );
  }

  #isComparison(expression: Expression): boolean {
    if (this.#parenthesised.has(expression)) return false;
    if (expression.kind === "membership") return true;
    return expression.kind === "binary" && BINARY_PRECEDENCE[expression.operator] === PRECEDENCE.comparison;
  }

  /** Counts levels, so that a deeply nested text cannot overflow the stack. */
  #nested(parse: () => Expression): Expression {
    if (this.#nesting === MAX_NESTING) {
      const { start, end } = this.#cursor.token;
      this.#cursor.reportTooDeep(MAX_NESTING);
      return { kind: "integer", value: 0n, span: this.#span(start, end) };
    }
    this.#nesting++;
    const expression = parse();
    this.#nesting--;
    return expression;
  }

  #spanFrom(start: number): Expression["span"] {
    return this.#span(start, this.#cursor.previousEnd);
  }

  #span(start: number, end: number): Expression["span"] {
    return { source: this.#text.source, start: this.#text.offsetAt(start), end: this.#text.offsetAt(end) };
  }
}

/**
 * Returns the precedence for the right side of an operator that groups to the left: only operators
 * that bind more tightly.
 */
function tighter(precedence: Precedence): Precedence {
  return (precedence + 1) as Precedence;
}
