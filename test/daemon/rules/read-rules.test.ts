import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { printExpression } from "../../../bpf/language/printer.ts";
import type { NamedExpression } from "../../../bpf/language/program-syntax.ts";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import type { RuleSyntax } from "../../../daemon/rules/rule-syntax.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { ruleFingerprint } from "../../../daemon/rules/rule-fingerprint.ts";
import { DEFAULTS } from "../../diagnostics/check-file.ts";

const CACHE = `
rule: page-cache
signals:
  read:
    probe: [tracepoint:a:b, {any: [tracepoint:c:d, tracepoint:e:f], filter: x == 1, with: {pages: args.n}}]
    aggregate: sum(pages)
  missed: {probe: tracepoint:g:h, during: {from: tracepoint:i:j, to: tracepoint:k:l}, aggregate: {pages_in: sum(1), calls: count()}}
let: {ratio: (read - pages_in) / read}
by: [comm]
window: 1m30s
threshold: {critical: ratio < 75%, warning: ratio < 90%, clear: ratio > 95%, when: read > 1000}
for: 30s
no_data: ok
action: oncall
labels: {team: storage, tier: 1.10}
`;

describe("readRules", () => {
  test("reads signals, alternatives, any, during, levels and durations", () => {
    const rule = only(CACHE);
    const [read, missed] = rule.program.signals;
    assert.deepEqual(
      rule.program.signals.map((signal) => signal.name.text),
      ["read", "missed"],
    );
    assert.ok(read?.probe.kind === "alternatives");
    const any = read.probe.options[1];
    assert.ok(any?.kind === "any" && any.filter !== undefined);
    assert.equal(printExpression(any.filter), "x == 1");
    assert.deepEqual(printed(any.with), ["pages: args.n"]);
    assert.equal(missed?.during?.timeoutNs, 10_000_000_000n);
    assert.deepEqual(printed(missed.aggregates), ["pages_in: sum(1)", "calls: count()"]);
    assert.deepEqual(printed(rule.program.by), ["comm: comm"]);
    assert.deepEqual(
      rule.threshold?.levels.map(({ level }) => level),
      ["warning", "critical"],
    );
    assert.deepEqual([rule.windowMs, rule.forMs, rule.keepFiringMs, rule.noData], [90_000, 30_000, 0, "ok"]);
    assert.deepEqual(rule.labels, { team: "storage", tier: "1.10" });
    assert.deepEqual(
      rule.actions.map((action) => action.text),
      ["oncall"],
    );
  });

  test("names the aggregate of a rule with one probe `value`", () => {
    const rule = only("rule: a\nprobe: tracepoint:a:b\naggregate: count()\nthreshold: value > 1\n");
    assert.deepEqual(printed(rule.program.signals[0]?.aggregates ?? []), ["value: count()"]);
    assert.deepEqual(
      rule.threshold?.levels.map(({ level }) => level),
      ["warning"],
    );
    assert.equal(rule.windowMs, DEFAULTS.windowMs);
  });

  test("applies a filter around a span to its end, and one around a list to each item", () => {
    const rule = only(
      `rule: a
probe:
  - {probe: {from: tracepoint:a:b, to: tracepoint:a:c, match: arg0, filter: {to: x == 1}, keep: {y: arg1}, timeout: 2s, restart: true}, filter: z == 2}
  - {probe: [tracepoint:a:d, tracepoint:a:e], filter: z == 3}
aggregate: count()
`,
    );
    const probe = rule.program.signals[0]?.probe;
    assert.ok(probe?.kind === "alternatives");
    const [span, list] = probe.options;
    assert.ok(span?.kind === "span" && span.toFilter !== undefined && span.match !== undefined);
    assert.equal(printExpression(span.toFilter), "x == 1 and z == 2");
    assert.equal(span.match.from, span.match.to);
    assert.deepEqual([span.timeoutNs, span.restart, printed(span.keep)], [2_000_000_000n, true, ["y: arg1"]]);
    assert.ok(list?.kind === "alternatives");
    for (const option of list.options) {
      assert.ok(option.kind === "point" && option.filter !== undefined);
      assert.equal(printExpression(option.filter), "z == 3");
    }
  });

  test("keeps the good rules of a file with a bad one", () => {
    const good = "rule: good\nprobe: tracepoint:a:b\naggregate: count()\n";
    const text = `${good}---\nrule: bad\nprobe: }\n---\nrule: worse\n---\n${good.replace("good", "better")}`;
    const { rules, diagnostics } = readRules({ path: "x.yaml", text }, DEFAULTS);
    assert.deepEqual(
      rules.map((rule) => rule.name.text),
      ["good", "better"],
    );
    assert.equal(diagnostics.length, 2);
  });

  test("is fast with as many keys as fit into a file, known or unknown", () => {
    // quadratic code takes minutes here, and the runner's time limit ends it
    const long = "_".repeat(32);
    const keys = (from: string): string => Array.from({ length: 20_000 }, (_, i) => `${from}${long}${i}: 1\n`).join("");
    const names = keys("  k");
    const unknown = readRules({ path: "x.yaml", text: `rule: a\n${keys("k")}` }, DEFAULTS);
    assert.equal(unknown.diagnostics.length, 51);
    const known = readRules({ path: "x.yaml", text: `rule: a\nprobe: tracepoint:a:b\naggregate:\n${names}` }, DEFAULTS);
    assert.deepEqual(
      known.diagnostics.map(({ code }) => code),
      ["too-many"],
    );
  });

  test("takes a number or a boolean for an expression", () => {
    const rule = only("rule: a\nprobe: tracepoint:a:b\nfilter: true\naggregate: count()\nby: {one: 0x1f}\n");
    assert.deepEqual(printed(rule.program.by).length, 1);
    assert.equal(rule.program.signals[0]?.filter?.kind, "integer");
  });
});

describe("ruleFingerprint", () => {
  const base = "rule: a\nlabels: {source: x}\nprobe: tracepoint:a:b\nfilter: a && b\naggregate: count()\n";
  const same = `# moved\n\n${base.replace("a && b", "'a  and b'")}# end\n`;

  test("is unchanged if only the spelling changes", () => {
    assert.equal(ruleFingerprint(only(base)), ruleFingerprint(only(same)));
  });

  test("changes with the meaning of the rule", () => {
    for (const [from, to] of [
      ["a && b", "a || b"],
      ["source: x", "source: y"],
      ["a:b", "a:c"],
      ["count()", "{n: count()}"],
    ] as const) {
      assert.notEqual(ruleFingerprint(only(base)), ruleFingerprint(only(base.replace(from, to))), to);
    }
  });
});

function only(text: string): RuleSyntax {
  const { rules, diagnostics } = readRules({ path: "x.yaml", text }, DEFAULTS);
  assert.equal(formatDiagnostics(diagnostics), "");
  assert.equal(rules.length, 1);
  return rules[0] ?? assert.fail();
}

function printed(names: readonly NamedExpression[]): readonly string[] {
  return names.map(({ name, expression }) => `${name.text}: ${printExpression(expression)}`);
}
