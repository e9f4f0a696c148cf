import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertingRule, RuleGroup } from "../../../daemon/promql/rule-group.ts";
import { ruleGroup } from "../../../daemon/promql/rule-group.ts";
import { formulasOf, ruleSyntax, type TestRule } from "../evaluate/rule-for-tests.ts";

function translate(rule: TestRule, more = {}, by?: readonly string[]): ReturnType<typeof ruleGroup> {
  const syntax = { ...ruleSyntax(rule), ...more };
  if (syntax.threshold === undefined) throw new Error("expected a threshold");
  return ruleGroup({ ...syntax, threshold: syntax.threshold }, formulasOf(rule), by);
}

const alertsOf = (group: RuleGroup | undefined): readonly AlertingRule[] =>
  (group?.rules ?? []).flatMap((rule) => ("alert" in rule ? [rule] : []));

test("a rule of each level has its condition, times, labels and annotations", () => {
  const { group } = translate(
    {
      threshold: { warning: "value > 10", critical: "value > 20" },
      ...{ for: 90, keepFiring: 7200, by: ["comm", "le"], window: 60 },
      summary: "{{ labels.le }}: {{ value }} in {{ window }} ({{ level }})",
    },
    { description: "Too {{many}}.", runbook: "https://example.org/x" },
  );
  const [warning, critical] = alertsOf(group);
  assert.deepEqual(warning, {
    ...{ alert: "test", expr: "bpfwarden:test:window > 10", for: "90s", keep_firing_for: "2h" },
    labels: { team: "tests", severity: "warning" },
    annotations: {
      summary: "{{ $labels.by_le }}: {{ $value | humanize }} in 1m (warning)",
      description: 'Too {{ "{{" }}many}}.',
      runbook_url: "https://example.org/x",
    },
  });
  assert.deepEqual([critical?.expr, critical?.labels["severity"]], ["bpfwarden:test:window > 20", "critical"]);
});

test("a summary that asks for more than Prometheus has is replaced by the condition", () => {
  const [alert] = alertsOf(translate({ threshold: "value > 10", summary: "{{ value | round }} of {{ other }}" }).group);
  assert.equal(alert?.annotations["summary"], "test: value > 10 ({{ $value | humanize }})");
});

test("hosts are summed up by the labels that are asked for", () => {
  const { group } = translate({ threshold: "value > 10", by: ["comm", "disk"], window: 60 }, {}, ["cluster", "disk"]);
  const [record] = group?.rules ?? [];
  assert.match(
    record?.expr ?? "",
    /^sum by \(rule, cluster, disk\) \(\(bpfwarden_test_total - bpfwarden_test_total offset 1m >= 0\)/,
  );
});

test("a rule that PromQL cannot say is refused by what it lacks", () => {
  const histogram = { value: "histogram" } as const;
  const refused: readonly (readonly [TestRule, RegExp])[] = [
    [{ threshold: "value > 10 and filled > 0.5" }, /"filled"/],
    [{ aggregates: histogram, threshold: "mean(value) > 10", noData: "ok" }, /"mean\(value\)"/],
    [{ threshold: "value > 10", noData: "alert" }, /no_data: alert/],
    [{ by: ["k"], threshold: "value > 10 or total(value) > 100" }, /keys, or all of them/],
  ];
  for (const [rule, why] of refused) {
    const { group, diagnostics } = translate(rule);
    assert.equal(group, undefined, String(why));
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ["not-in-promql"],
    );
    assert.match(diagnostics[0]?.message ?? "", why);
  }
  const { diagnostics } = translate({ aggregates: { value: "last" }, threshold: "value > 1" }, {}, ["cluster"]);
  assert.match(diagnostics[0]?.message ?? "", /last\(\) over several hosts/);
});
