import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { buildRule } from "../../daemon/run/build-rule.ts";
import { readRules } from "../../daemon/rules/read-rules.ts";
import { RULE_EXAMPLES } from "../docs/examples.ts";
import { BLOCKS } from "../docs/pages.ts";
import { skipWithoutBpf } from "./privilege.ts";
import { hostKernel } from "./support/loaded-rule.ts";

const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };

suite("rules that the pages show", { skip: skipWithoutBpf }, () => {
  for (const { page, line, text } of RULE_EXAMPLES) {
    test(`${page}:${line} is a rule of this host`, () => {
      const read = readRules({ path: page, text }, DEFAULTS);
      const problems = [...read.diagnostics, ...read.rules.flatMap((rule) => buildRule(rule, hostKernel).diagnostics)];
      assert.equal(formatDiagnostics(problems), "");
    });
  }

  test("there are such rules", () => assert.ok(RULE_EXAMPLES.length > 12));

  test("the mistake in docs/rules.md has the message of the page", () => {
    const shown = BLOCKS.find(({ page, text }) => page === "docs/rules.md" && text.startsWith("rules.d/"))?.text;
    const text =
      "rule: retransmits\nprobe: tracepoint:tcp:tcp_retransmit_skb\nfilter: args.er == 0\naggregate: count()\n";
    const { rules } = readRules({ path: "rules.d/retransmits.yaml", text }, DEFAULTS);
    const diagnostics = rules.flatMap((rule) => buildRule(rule, hostKernel).diagnostics);
    assert.equal(`${formatDiagnostics(diagnostics)}\n`, shown);
  });
});
