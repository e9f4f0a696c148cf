import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, numberText, percentText } from "../../../daemon/text/number-text.ts";
import { checkTemplate, renderTemplate } from "../../../daemon/text/render.ts";

const context = {
  rule: "r",
  level: "warning",
  window: "1m",
  labels: { daddr: "192.0.2.7", dport: "443" },
  value: 131,
  ratio: 0.731_000_000_01,
  p99: 12_500_000,
  none: undefined,
};

const RENDERED: readonly (readonly [string, string])[] = [
  ["{{ labels.daddr }}:{{ labels.dport }}: {{ value }} in {{ window }}", "192.0.2.7:443: 131 in 1m"],
  ["{{ ratio }} {{ ratio | percent }}", "0.731 73.1%"],
  ["{{ p99 | duration }} {{ value | bytes }}", "12.5ms 131B"],
  ["{{ none }} {{ none | percent }} [{{ unknown }}]", "no data no data []"],
  ["{% if level == 'warning' %}look{% endif %} {{ rule }}", "look r"],
  ["{{ labels.constructor }}{{ labels.__proto__ }}", ""],
];

test("renders summaries", () => {
  for (const [template, expected] of RENDERED) assert.equal(renderTemplate(template, context), expected, template);
});

test("finds bad templates before they are needed", () => {
  assert.equal(checkTemplate("{{ value | percent }}"), undefined);
  for (const template of ["{{ value", "{% if %}", "{% nope %}"]) {
    assert.match(checkTemplate(template) ?? "", /line:?\s*1/, template);
  }
  assert.match(checkTemplate("{{ value | nope }}") ?? "", /nope/);
});

test("a summary that cannot be rendered does not stop the alert", () => {
  for (const template of [
    "{{ value",
    "{{ value | nope }}",
    "{% include '/etc/hostname' %}",
    "{% for i in (1..99999999) %}x{% endfor %}",
    "{% for i in (1..1000) %}{% for k in (1..100) %}{% endfor %}{% endfor %}",
  ]) {
    const text = renderTemplate(template, context);
    assert.match(text, /^the summary cannot be rendered: ./, template);
    assert.doesNotMatch(text, /\n/);
  }
});

test("a process that was stopped in the middle of a template continues with it", ({ mock }) => {
  let ms = 0;
  mock.method(performance, "now", () => (ms += 60_000));
  assert.equal(renderTemplate("{% for i in (1..9) %}{{ i }}{% endfor %} {{ rule }}", context), "123456789 r");
});

test("numbers are shown as people read them", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0"],
    [131, "131"],
    [123_456_789_012, "123456789012"],
    [0.1 + 0.2, "0.3"],
    [2 / 3, "0.6667"],
    [1234.5678, "1235"],
    [-12.3456, "-12.35"],
    [1e21, "1000000000000000000000"],
    [NaN, "NaN"],
  ];
  for (const [value, expected] of cases) assert.equal(numberText(value), expected);
  assert.deepEqual([0, 1023, 4096, 1_536_000, -2048].map(bytesText), ["0B", "1023B", "4KiB", "1.46MiB", "-2KiB"]);
  assert.deepEqual([0, 0.9, 0.12345, 1, 12.5].map(percentText), ["0%", "90%", "12.3%", "100%", "1250%"]);
});
