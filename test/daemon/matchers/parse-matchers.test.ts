import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Matcher } from "../../../daemon/matchers/matcher.ts";
import { parseMatchers, plainText } from "../../../daemon/matchers/parse-matchers.ts";

const parse = (text: string): ReturnType<typeof parseMatchers> => parseMatchers(plainText({ path: "matchers", text }));

const readable: readonly (readonly [text: string, ...matchers: (readonly [string, Matcher["operator"], string])[]])[] =
  [
    [`severity="critical"`, ["severity", "=", "critical"]],
    [`severity = critical`, ["severity", "=", "critical"]],
    [`team!="a b"`, ["team", "!=", "a b"]],
    [`daddr=~"10\\.0\\..*"`, ["daddr", "=~", "10\\.0\\..*"]],
    [`comm!~"^(sh|bash)$"`, ["comm", "!~", "^(sh|bash)$"]],
    [`a="1", b!="2",`, ["a", "=", "1"], ["b", "!=", "2"]],
    [`{a="1",b=~"x{2,3}"}`, ["a", "=", "1"], ["b", "=~", "x{2,3}"]],
    [`{ }`],
    [`a=""`, ["a", "=", ""]],
    [`a="say \\"hi\\"\\n\\\\d \\d"`, ["a", "=", 'say "hi"\n\\d \\d']],
    [`"größe"=ä`, ["größe", "=", "ä"]],
  ];

const faulty: readonly (readonly [text: string, code: string, message: string, marked: string])[] = [
  ["", "bad-matcher", 'expected a matcher such as severity="critical", found the end', ""],
  ["severity", "bad-matcher", "expected =, !=, =~ or !~, found the end", ""],
  ["severity: critical", "bad-matcher", 'expected =, !=, =~ or !~, found "critical"', "critical"],
  [`severity=='critical'`, "bad-matcher", 'expected a value in double quotes, found "="', "="],
  [`severity='critical'`, "bad-matcher", `expected a value in double quotes, found "'"`, "'"],
  [
    `severity="critical`,
    "bad-matcher",
    "expected a value in double quotes, found a quote that is never closed",
    '"critical',
  ],
  [`="critical"`, "bad-matcher", `expected a label's name, found "="`, "="],
  [`a="1" b="2"`, "bad-matcher", 'expected "," or the end, found "b"', "b"],
  [`{a="1"`, "bad-matcher", 'expected "," or "}", found the end', ""],
  [`a="1"}`, "bad-matcher", 'expected "," or the end, found "}"', "}"],
  [`a=~"(x"`, "bad-regex", "expected a regular expression, found missing closing ): `(x`", '"(x"'],
  [
    `a!~"(?=x)"`,
    "bad-regex",
    "expected a regular expression, found invalid or unsupported Perl syntax: `(?=`",
    '"(?=x)"',
  ],
  [
    `a=~"${"x".repeat(1001)}"`,
    "bad-regex",
    "expected a regular expression of at most 1000 characters, found 1001",
    `"${"x".repeat(1001)}"`,
  ],
];

suite("matchers are read", () => {
  for (const [text, ...matchers] of readable) {
    test(text, () => {
      const result = matchers.map(([name, operator, value]) => ({ name, operator, value }));
      assert.deepEqual(parse(text), { result, diagnostics: [] });
    });
  }
});

suite("an invalid matcher is reported at its place", () => {
  for (const [text, code, message, marked] of faulty) {
    test(text.slice(0, 40) || "nothing", () => {
      const { result, diagnostics } = parse(text);
      assert.equal(result, undefined);
      const found = diagnostics.map((each) => [each.code, each.message, text.slice(each.span.start, each.span.end)]);
      assert.deepEqual(found, [[code, message, marked]]);
    });
  }
});
