import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExpression, wholeText } from "../../../bpf/language/parse-expression.ts";
import { printExpression } from "../../../bpf/language/printer.ts";
import { expressionGenerator, seededRandom, withoutSpans } from "./generator.ts";

function parse(text: string): ReturnType<typeof parseExpression> {
  return parseExpression(wholeText({ path: "test", text }));
}

test("parsing a printed text gives the same expression", () => {
  const generate = expressionGenerator(seededRandom(20_26));
  for (let round = 0; round < 2_000; round++) {
    const expression = generate(1 + (round % 5));
    const text = printExpression(expression);
    const { result, diagnostics } = parse(text);
    assert.ok(result, `${text}\n${JSON.stringify(diagnostics.map((diagnostic) => diagnostic.message))}`);
    assert.deepEqual(withoutSpans(result), withoutSpans(expression), text);
  }
});

const PRINTED: readonly (readonly [string, string])[] = [
  ["a&&b||!c", "a and b or not c"],
  ["((a))+(b*c)", "a + b * c"],
  ["(a+b)*c", "(a + b) * c"],
  ["a-(b-c)", "a - (b - c)"],
  ["!a == b", "(not a) == b"],
  ["not a == b", "not a == b"],
  ["1_000", "1000"],
  ["0xff", "255"],
  ["90%", "90%"],
  ["99.9%", "99.9%"],
  ["0.0", "0.0"],
  ["60s", "1m"],
  ["90s", "90s"],
  ["4096B", "4KiB"],
  ["0ms", "0ns"],
  ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["x ? y ? 1 : 2 : 3", "x ? y ? 1 : 2 : 3"],
  ["(x ? y : 1) ? 2 : 3", "(x ? y : 1) ? 2 : 3"],
];

test("prints in one style", () => {
  for (const [text, printed] of PRINTED) {
    const { result } = parse(text);
    assert.equal(result === undefined ? "" : printExpression(result), printed, text);
  }
});
