import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { matcherText, matches, matchesAll, type Matcher } from "../../../daemon/matchers/matcher.ts";
import { parseMatchers, plainText } from "../../../daemon/matchers/parse-matchers.ts";

const parse = (text: string): readonly Matcher[] => parseMatchers(plainText({ path: "matchers", text })).result ?? [];

const cases: readonly (readonly [matcher: string, labels: Readonly<Record<string, string>>, isMatch: boolean])[] = [
  [`a="x"`, { a: "x" }, true],
  [`a="x"`, { a: "xx" }, false],
  [`a!="x"`, { a: "y" }, true],
  [`a!="x"`, { a: "x" }, false],
  [`a!="x"`, {}, true],
  [`a=""`, {}, true],
  [`a=""`, { a: "x" }, false],
  [`a!=""`, {}, false],
  [`a=~"x|y"`, { a: "y" }, true],
  [`a=~"x|y"`, { a: "xy" }, false],
  [`a=~"y"`, { a: "xyz" }, false],
  [`a=~".*y.*"`, { a: "xyz" }, true],
  [`a=~".*"`, {}, true],
  [`a=~".+"`, {}, false],
  [`a!~"x.*"`, { a: "xyz" }, false],
  [`a!~"x.*"`, {}, true],
  [`a=~"a.b"`, { a: "a\nb" }, false],
  [`toString=""`, {}, true],
  [`a="x",b=~"y+"`, { a: "x", b: "yy" }, true],
  [`a="x",b=~"y+"`, { a: "x", b: "z" }, false],
];

suite("matchers agree with labels", () => {
  for (const [text, labels, isMatch] of cases) {
    test(`${text} and ${JSON.stringify(labels)}: ${isMatch}`, () =>
      assert.equal(matchesAll(parse(text), labels), isMatch));
  }

  test("a regular expression with exponential backtracking elsewhere takes linear time", () => {
    const [matcher] = parse(`a=~"(x+x+)+y"`);
    assert.ok(matcher);
    assert.equal(matches(matcher, { a: "x".repeat(10_000) }), false);
  });

  test("a matcher's text is read as the same matcher", () => {
    for (const value of ["x", 'a "b" \\d\n', "\\n", ""]) {
      const matcher: Matcher = { name: "a", operator: "=", value };
      assert.deepEqual(parse(matcherText(matcher)), [matcher]);
    }
  });
});
