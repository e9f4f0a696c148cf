import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseFormat } from "../../../daemon/metrics/choose-format.ts";
import { OPEN_METRICS, PROMETHEUS_TEXT } from "../../../daemon/metrics/text-format.ts";
import { row } from "../evaluate/rule-for-tests.ts";
import { exposed, Measured, promtool, seriesOf } from "./expose.ts";

test("states, alerts, losses, costs and deliveries are metrics that promtool finds nothing wrong with", async () => {
  const rule = new Measured("calls", { threshold: { warning: "value > 2", critical: "value > 50" } });
  rule.tick([row([3])], { matched: 3, lost_ring: 2, emitted: 4 });
  const text = await exposed([rule]);
  assert.equal(promtool(text), "");
  for (const line of [
    'bpfwarden_rule_state{rule="calls",state="firing"} 1',
    'bpfwarden_rule_state{rule="calls",state="ok"} 0',
    'bpfwarden_alerts{rule="calls",severity="warning",state="firing"} 1',
    'bpfwarden_alerts{rule="calls",severity="critical",state="firing"} 0',
    'bpfwarden_rule_matched_events_total{rule="calls"} 3',
    'bpfwarden_rule_records_total{rule="calls"} 4',
    'bpfwarden_rule_losses_total{rule="calls",kind="full_ring"} 2',
    'bpfwarden_rule_kernel_memory_bytes{rule="calls"} 4096',
    'bpfwarden_rule_cpu_ratio{rule="calls"} 0.5',
    'bpfwarden_messages_dropped_total{action="oncall",receiver="webhook"} 5',
    "bpfwarden_tick_lag_seconds 0.002",
    'bpfwarden_problems{severity="error"} 1',
  ])
    assert.ok(text.split("\n").includes(line), line);
});

test("OpenMetrics names families of counters without _total, and ends with EOF", async () => {
  const rule = new Measured("calls", { aggregates: { time: ["sum", "duration"] } });
  rule.tick([row([3])]);
  const text = await exposed([rule], OPEN_METRICS);
  assert.deepEqual(seriesOf(text, "# TYPE bpfwarden_calls"), ["# TYPE bpfwarden_calls_time_seconds counter"]);
  assert.deepEqual(seriesOf(text, "# UNIT bpfwarden_calls"), ["# UNIT bpfwarden_calls_time_seconds seconds"]);
  assert.deepEqual(seriesOf(text, "bpfwarden_calls"), ['bpfwarden_calls_time_seconds_total{rule="calls"} 3e-9']);
  assert.ok(text.endsWith("\n# EOF\n"));
});

test("the header Accept chooses the format", () => {
  const prometheus =
    "application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
  assert.equal(chooseFormat(prometheus), OPEN_METRICS);
  assert.equal(chooseFormat("text/plain, application/openmetrics-text; version=1.0.0; q=0.3"), PROMETHEUS_TEXT);
  for (const accept of [undefined, "", "*/*", "text/html", "application/openmetrics-text;version=1.0.0;q=0"])
    assert.equal(chooseFormat(accept), PROMETHEUS_TEXT, String(accept));
});
