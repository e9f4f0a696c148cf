import assert from "node:assert/strict";
import { test } from "node:test";
import { codeFrame } from "../../../bpf/source/code-frame.ts";
import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { didYouMean, suggest } from "../../../bpf/source/did-you-mean.ts";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { positionAt } from "../../../bpf/source/position.ts";
import { seededRandom } from "../language/generator.ts";
import type { Span } from "../../../bpf/source/source.ts";

/** The span of what stands between `«` and `»`. */
function marked(text: string, path = "r.yaml"): Span {
  const start = text.indexOf("«");
  const end = text.indexOf("»") - 1;
  return { source: { path, text: text.replace("«", "").replace("»", "") }, start, end };
}

test("positions count lines by any line break and columns in UTF-16 units", () => {
  const source = { path: "x", text: "a\r\nb😀c\rd\n" };
  const positions = [0, 1, 3, 4, 6, 8, 10, 99].map((offset) => positionAt(source, offset));
  assert.deepEqual(
    positions.map(({ line, column }) => `${line}:${column}`),
    ["1:1", "1:2", "2:1", "2:2", "2:4", "3:1", "4:1", "4:1"],
  );
});

test("a frame underlines the span", () => {
  assert.equal(
    codeFrame(marked("one\nfilter: «args.er» == 0\n")),
    "   2 | filter: args.er == 0\n     |         ^^^^^^^",
  );
  assert.equal(codeFrame(marked("one\ntwo«»")), "   2 | two\n     |    ^");
  assert.equal(codeFrame(marked("a: «b\nc»")), "   1 | a: b\n     |    ^");
  assert.equal(codeFrame(marked("«»")), "   1 |\n     | ^");
});

test("tabs, wide and control characters do not move the carets", () => {
  assert.equal(codeFrame(marked("\ta\t«x»")), "   1 |     a   x\n     |         ^");
  assert.equal(codeFrame(marked("漢e\u0301 «x»")), "   1 | 漢e\u0301 x\n     |     ^");
  assert.equal(codeFrame(marked("\u001b[2J«x\u202ey»")), "   1 | \\x1b[2Jx\\u{202e}y\n     |        ^^^^^^^^^^");
});

test("only a window of a long line is shown", () => {
  const [code, carets] = codeFrame(marked(`${"a".repeat(500)}«bad»${"c".repeat(500)}`)).split("\n");
  assert.match(code ?? "", /^ {3}1 \| …a{20}badc{77}…$/);
  assert.equal(carets, `     | ${" ".repeat(21)}^^^`);
});

test("diagnostics are printed by position, with help and related places", () => {
  const later = marked("rule: a\nfilter: «args.er»\n");
  const first: Span = { source: later.source, start: 6, end: 7 };
  const diagnostics: Diagnostic[] = [
    { code: "unknown-field", severity: "error", message: 'no field "er"', span: later, help: 'did you mean "err"?' },
    {
      code: "dup",
      severity: "warning",
      message: "twice",
      span: first,
      related: [{ message: "first here", span: later }],
    },
  ];
  assert.equal(
    formatDiagnostics(diagnostics),
    [
      "r.yaml:1:7: warning: twice [dup]",
      "   1 | rule: a",
      "     |       ^",
      "r.yaml:2:9: note: first here",
      "   2 | filter: args.er",
      "     |         ^^^^^^^",
      "",
      'r.yaml:2:9: no field "er" [unknown-field]',
      "   2 | filter: args.er",
      "     |         ^^^^^^^",
      'help: did you mean "err"?',
    ].join("\n"),
  );
});

test("colors are used only on request, and text from outside never adds its own", () => {
  const evil = marked("a: «\u001b[31mred»", "dir/\u001b]0;title\u0007.yaml");
  const diagnostic: Diagnostic = {
    code: "x",
    severity: "error",
    message: "found \u001b[5m",
    span: evil,
    help: "\u009b",
  };
  assert.doesNotMatch(formatDiagnostics([diagnostic]), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  assert.match(formatDiagnostics([diagnostic], { color: true }), /\u001b\[1;31m\^+\u001b\[0m/);
});

test("suggests the nearest name, the same in any order", () => {
  const names = ["skbaddr", "skaddr", "state", "sport", "dport", "saddr", "daddr", "family", "err"];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["er", "err"],
    ["sprot", "sport"],
    ["famliy", "family"],
    ["SPORT", "sport"],
    ["xaddr", "daddr"],
    ["skbadr", "skbaddr"],
    ["q", undefined],
    ["something_else", undefined],
  ];
  for (const [name, expected] of cases) {
    assert.equal(suggest(name, names), expected, name);
    assert.equal(suggest(name, names.toReversed()), expected, name);
  }
  assert.equal(didYouMean("er", names), 'did you mean "err"?');
  assert.equal(didYouMean("zzzzzz", names), undefined);
});

test("finds one name among tens of thousands", () => {
  const names = Array.from({ length: 60_000 }, (_, index) => `kernel_function_${index.toString(36)}_probe`);
  assert.equal(suggest("kernel_fucntion_abc_probe", names), "kernel_function_abc_probe");
});

test("agrees with the textbook distance on random words", () => {
  const random = seededRandom(3);
  const word = (): string =>
    Array.from({ length: 3 + Math.floor(random() * 7) }, () => "abc"[Math.floor(random() * 3)]).join("");
  for (let round = 0; round < 500; round++) {
    const name = word();
    const names = Array.from({ length: 20 }, word).filter((candidate) => candidate !== name);
    const bound = Math.max(1, Math.floor(name.length / 3));
    const near = names.filter((candidate) => distance(name, candidate) <= bound);
    const [best] = near.toSorted((a, b) => distance(name, a) - distance(name, b) || (a < b ? -1 : 1));
    assert.equal(suggest(name, names), best, `${name}: ${names.join()}`);
  }
});

/** Optimal string alignment by its recursive definition. */
function distance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j));
  const at = (i: number, j: number): number => table[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      const row = table[i];
      if (row) row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped);
    }
  }
  return at(a.length, b.length);
}
