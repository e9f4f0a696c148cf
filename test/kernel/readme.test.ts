import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { buildRule } from "../../daemon/build-rule.ts";
import { readRules } from "../../daemon/rules/read-rules.ts";
import { readSettings } from "../../daemon/settings/read-settings.ts";
import { skipWithoutBpf } from "./privilege.ts";
import { hostKernel } from "./support/loaded-rule.ts";

const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
const BLOCKS = [...README.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };

suite("README", { skip: skipWithoutBpf }, () => {
  test("its rules are rules of this host", () => {
    const rules = BLOCKS.filter((text) => text.startsWith("rule:"));
    assert.ok(rules.length >= 2);
    for (const text of rules) {
      const read = readRules({ path: "README.md", text }, DEFAULTS);
      const problems = [...read.diagnostics, ...read.rules.flatMap((rule) => buildRule(rule, hostKernel).diagnostics)];
      assert.equal(formatDiagnostics(problems), "");
    }
  });

  test("its settings are settings", () => {
    const text = BLOCKS.find((block) => block.startsWith("actions:")) ?? "";
    const { result, diagnostics } = readSettings({ path: "README.md", text }, "/etc/bpfwarden", "host");
    assert.equal(formatDiagnostics(diagnostics), "");
    assert.deepEqual([...(result?.actions.keys() ?? [])].toSorted(), ["audit", "mail", "oncall", "screen"]);
  });

  test("the mistake that it shows reads like that", () => {
    const [, shown] = /^```\n(rules\.d\/.*?)^```$/ms.exec(README) ?? [];
    const text =
      "rule: retransmits\nprobe: tracepoint:tcp:tcp_retransmit_skb\nfilter: args.er == 0\naggregate: count()\n";
    const { rules } = readRules({ path: "rules.d/retransmits.yaml", text }, DEFAULTS);
    const diagnostics = rules.flatMap((rule) => buildRule(rule, hostKernel).diagnostics);
    assert.equal(`${formatDiagnostics(diagnostics)}\n`, shown);
  });
});
