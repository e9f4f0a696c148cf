import assert from "node:assert/strict";
import { test } from "node:test";
import type { Expression } from "../../../bpf/language/expression.ts";
import { parseExpression, wholeText } from "../../../bpf/language/parse-expression.ts";
import type { Checked, Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { expressionGenerator, seededRandom, withoutSpans } from "./generator.ts";
import { printExpression } from "../../../bpf/language/printer.ts";

function parse(text: string): Checked<Expression> {
  return parseExpression(wholeText({ path: "test", text }));
}

/** The expression with all parentheses. */
function shape(text: string): string {
  const { result, diagnostics } = parse(text);
  assert.deepEqual(diagnostics, [], text);
  assert.ok(result);
  return grouped(result);
}

function grouped(node: Expression): string {
  switch (node.kind) {
    case "binary":
      return `(${grouped(node.left)} ${node.operator} ${grouped(node.right)})`;
    case "unary":
      return `(${node.operator} ${grouped(node.operand)})`;
    case "membership":
      return `(${grouped(node.element)} ${node.negated ? "not in" : "in"} ${grouped(node.set)})`;
    case "conditional":
      return `(${grouped(node.test)} ? ${grouped(node.then)} : ${grouped(node.otherwise)})`;
    case "coalesce":
      return `(${node.alternatives.map(grouped).join(" ?? ")})`;
    default:
      return printExpression(node);
  }
}

const SHAPES: readonly (readonly [string, string])[] = [
  ["a or b and c", "(a or (b and c))"],
  ["not a == b and c", "((not (a == b)) and c)"],
  ["! a == b", "((not a) == b)"],
  ["not not a", "(not (not a))"],
  ["a & 1 == 0", "((a & 1) == 0)"],
  ["a | b ^ c & d << 1 + 2 * 3", "(a | (b ^ (c & (d << (1 + (2 * 3))))))"],
  ["a - b - c", "((a - b) - c)"],
  ["-a.b ?? 0", "((- a.b) ?? 0)"],
  ["a.x ?? a.y ?? 0 == 0", "((a.x ?? a.y ?? 0) == 0)"],
  ["a * b.c ?? 1", "(a * (b.c ?? 1))"],
  ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
  ["x in 1..5 or y not in [1]", "((x in 1..5) or (y not in [1]))"],
  ["~-x", "(~ (- x))"],
  ["x % 5", "(x % 5)"],
  ["90%x", "(90 % x)"],
  ["90%(x)", "(90 % (x))".replace("(x)", "x")],
  ["90% -x", "(90% - x)"],
  ["r<90%and b", "((r < 90%) and b)"],
  ["90% not in [1]", "(90% not in [1])"],
  ["90% != r", "(90% != r)"],
  ["90 %!r", "(90 % (not r))"],
  ["a?fe80 :c", "(a ? fe80 : c)"],
  ["f().in.not[0]", "f().in.not[0]"],
  ["(a < b) == c", "((a < b) == c)"],
];

test("operators group as the precedence table says", () => {
  for (const [text, expected] of SHAPES) assert.equal(shape(text), expected, text);
});

const LITERALS: readonly (readonly [string, unknown])[] = [
  ["0x1f", { kind: "integer", value: "31n" }],
  ["0b1010", { kind: "integer", value: "10n" }],
  ["0o644", { kind: "integer", value: "420n" }],
  ["18446744073709551615", { kind: "integer", value: "18446744073709551615n" }],
  ["true", { kind: "integer", value: "1n" }],
  ["1.5s", { kind: "duration", nanoseconds: "1500000000n" }],
  ["250ms", { kind: "duration", nanoseconds: "250000000n" }],
  ["0.1us", { kind: "duration", nanoseconds: "100n" }],
  ["0B", { kind: "size", bytes: "0n" }],
  ["4KiB", { kind: "size", bytes: "4096n" }],
  ["1.5kB", { kind: "size", bytes: "1500n" }],
  ["90%", { kind: "percentage", value: 0.9 }],
  ["7%", { kind: "percentage", value: 0.07 }],
  ["0.25", { kind: "decimal", value: 0.25 }],
  [String.raw`'a\n\t\\\"\'\x41\u{1f600}'`, { kind: "string", value: "a\n\t\\\"'A😀" }],
  ["10.0.0.0/8", network([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 0], 104)],
  ["::ffff:10.1.2.3", network([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3], 128)],
  ["fe80::/10", network([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 10)],
  ["::1", network([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128)],
  ["::", network(new Array<number>(16).fill(0), 128)],
  ["1:2:3:4:5:6:7:8", network([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8], 128)],
  ["1:2:3:4:5:6:1.2.3.4", network([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4], 128)],
];

function network(address: readonly number[], prefixBits: number): unknown {
  return { kind: "network", address, prefixBits };
}

test("reads every kind of literal", () => {
  for (const [text, expected] of LITERALS) {
    const { result } = parse(text);
    assert.deepEqual(result === undefined ? undefined : withoutSpans(result), expected, text);
  }
});

/** text, with `«»` around what the diagnostic must mark; code; message; help */
const ERRORS: readonly (readonly [string, string, string, string?])[] = [
  ["a «=» b", "assignment", 'expected an operator, found "="', 'write "==" to compare'],
  ["a «===» b", "unknown-operator", 'expected an operator, found "==="', 'write "=="'],
  ["a«->»b", "unknown-operator", 'expected an operator, found "->"', 'write "."'],
  ["a +«»", "expected-operand", "expected an operand, found the end"],
  ["a + «)»", "expected-operand", 'expected an operand, found ")"'],
  ["a «b»", "unexpected-token", 'expected an operator or the end, found "b"'],
  ["a «AND» b", "unexpected-token", 'expected an operator or the end, found "AND"', 'write "and"'],
  ["a.b«(»c)", "unexpected-token", 'expected an operator or the end, found "("', "only a name can be called: f(x)"],
  ["a ? b«»", "expected-token", 'expected ":", found the end'],
  ["f(a, b«»", "expected-token", 'expected ")", found the end'],
  ["a.«5»", "expected-name", 'expected a field\'s name after ".", found "5"'],
  ["a < b «<» c", "chained-comparison", 'expected one comparison, found another at "<"', 'write "a < b and b < c"'],
  [
    "a == «not» b",
    "expected-operand",
    'expected an operand, found "not"',
    'write "(not ...)", or "!" which binds tightly',
  ],
  [
    "a «$» b",
    "unexpected-character",
    'expected a name, a literal or an operator, found "$"',
    'names have no "$"; to give a value a name, write the key "with: {NAME: EXPRESSION}"',
  ],
  ["a == «\u001b»", "unexpected-character", 'expected a name, a literal or an operator, found "\\x1b"'],
  ['x == «"abc»', "unterminated-string", 'expected a closing ", found the end of the expression'],
  ['"a«\\q»b"', "bad-escape", 'expected an escape, found "\\q"'],
  ["«0755»", "bad-number", 'expected a number without a leading zero, found "0755"'],
  ["5«mins»", "bad-number", 'expected a unit, found "mins"'],
  ["16«mib»", "bad-number", 'expected a unit, found "mib"', 'write "16MiB"'],
  ["«0.1ns»", "bad-number", 'expected a whole number of nanoseconds, found "0.1ns"'],
  ["«0x»", "bad-number", 'expected hexadecimal digits after "0x", found none'],
  ["«18446744073709551616»", "bad-number", 'expected a number of at most 64 bits, found "18446744073709551616"'],
  ["«10.0.0.256»", "bad-address", 'expected a v4 address, found "10.0.0.256"'],
  ["«fe80:::1»", "bad-address", 'expected a v6 address, found "fe80:::1"'],
  ["10.0.0.0«/33»", "bad-address", 'expected a prefix of at most 32 bits, found "33"'],
  ["«10.0.0.1/8»", "bad-address", 'expected zeros after the first 8 bits, found "10.0.0.1"'],
  ["f(1«..»2)", "misplaced-range", 'expected ")", found ".."'],
];

test("an error gives the mistake, its place and the text to write instead", () => {
  for (const [marked, code, message, help] of ERRORS) {
    const start = marked.indexOf("«");
    const end = marked.indexOf("»") - 1;
    const { result, diagnostics } = parse(marked.replace("«", "").replace("»", ""));
    assert.equal(result, undefined, marked);
    assert.equal(diagnostics.length, 1, `${marked}: ${diagnostics.map((diagnostic) => diagnostic.message).join("; ")}`);
    const [found] = diagnostics as readonly [Diagnostic];
    assert.deepEqual(
      [found.code, found.message, found.span.start, found.span.end],
      [code, message, start, end],
      marked,
    );
    if (help !== undefined) assert.equal(found.help, help);
  }
});

test("reports all mistakes of an expression that are not consequences of others", () => {
  const codes = parse("a = 5 and b == 0755 and f(1,, 2) or 1.2.3 < (c d) + 'x").diagnostics.map(({ code }) => code);
  assert.deepEqual(codes, [
    ...["assignment", "bad-number", "expected-operand", "bad-address", "unexpected-token", "unterminated-string"],
  ]);
});

test("spans are offsets into the file with any mapping", () => {
  const source = { path: "test", text: "filter: >\n  args.err ==\n  0\n" };
  const text = "args.err == 0";
  const offsetAt = (index: number): number => (index < 12 ? 12 + index : 14 + index);
  const { result } = parseExpression({ source, text, offsetAt });
  assert.ok(result?.kind === "binary" && result.left.kind === "member");
  const cut = ({ span }: Pick<Expression, "span">): string => source.text.slice(span.start, span.end);
  assert.deepEqual([result, result.left, { span: result.left.fieldSpan }, result.right].map(cut), [
    "args.err ==\n  0",
    "args.err",
    "err",
    "0",
  ]);
});

test("limits length, nesting and depth instead of overflowing the stack", () => {
  const code = (text: string): string | undefined => parse(text).diagnostics[0]?.code;
  assert.equal(code(" ".repeat(16_385)), "too-long");
  for (const open of ["(", "[", "f(", "-", "!", "not ", "a[", "a?"])
    assert.equal(code(open.repeat(3_000)), "too-deep", open);
  assert.equal(code("(".repeat(63) + "1" + ")".repeat(63)), undefined);
  assert.equal(code("a" + "+a".repeat(8_000)), "too-deep");
  assert.equal(code("a" + ".b".repeat(8_000)), "too-deep");
  assert.equal(code("a" + " or a".repeat(250)), undefined);
});

const PIECES = [
  ...["a", "args", "1", "0x", "90%", "5m", "10.0.0.1", "::", "fe80::1", "/8", '"', "'", "\\", "and", "or", "not", "in"],
  ...[
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "..",
    "?",
    ":",
    "??",
    "==",
    "=",
    "<",
    "<<",
    "-",
    "->",
    "!",
    "~",
    "%",
    "\n",
    " ",
    "\u0000",
  ],
  ...["\ud800", "é", "{", "}", "$", "_", "0", "1_", "true"],
];

test("any text gives a result or a diagnostic, and never throws", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 20_000; round++) {
    const length = Math.floor(random() * 20);
    const text = Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)]).join("");
    const { result, diagnostics } = parse(text);
    assert.equal(result === undefined, diagnostics.length > 0, text);
    for (const { span } of diagnostics) assert.ok(span.start <= span.end && span.end <= text.length, text);
  }
});

test("a damaged expression never throws", () => {
  const random = seededRandom(8);
  const generate = expressionGenerator(random);
  for (let round = 0; round < 3_000; round++) {
    const text = printExpression(generate(4));
    const at = Math.floor(random() * text.length);
    const damaged = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 3));
    const { result, diagnostics } = parse(damaged);
    assert.equal(result === undefined, diagnostics.length > 0, damaged);
  }
});
