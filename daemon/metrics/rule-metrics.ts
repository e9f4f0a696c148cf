import type { AlertState } from "../evaluate/alerts/alert.ts";
import type { MeasuredRule } from "./measured-rule.ts";
import type { NumberPoint } from "./metric-family.ts";
import { alone, type MetricRecord, point } from "./metric-record.ts";
import type { MetricsSource } from "./metrics-source.ts";
import { LOSS_KINDS, type LossKind } from "./totals/losses.ts";

const STATES: readonly AlertState[] = ["ok", "pending", "firing", "no_data", "degraded"];
const KINDS = Object.keys(LOSS_KINDS) as readonly LossKind[];

/** Returns a time series of each rule that has the value. */
const perRule =
  (valueOf: (rule: MeasuredRule) => number | undefined) =>
  ({ rules }: MetricsSource): readonly NumberPoint[] =>
    rules().flatMap((rule) => {
      const value = valueOf(rule);
      return value === undefined ? [] : [point({ rule: rule.name }, value)];
    });

/** Metrics about rules, beside the values of rules. */
export const RULE_METRICS: readonly MetricRecord[] = [
  {
    ...{ name: "bpfwarden_rules", type: "gauge", labels: [] },
    help: "Rules that run.",
    read: ({ rules }) => alone(rules().length),
  },
  {
    ...{ name: "bpfwarden_rule_state", type: "gauge", labels: ["rule", "state"] },
    help: "1 for the state of a rule, which is the worst of its keys, and 0 for the others.",
    read: ({ rules }) => rules().flatMap(stateOf),
  },
  {
    ...{ name: "bpfwarden_alerts", type: "gauge", labels: ["rule", "severity", "state"] },
    help: "Keys whose alert fires, by severity, or is pending.",
    read: ({ rules }) => rules().flatMap(alertsOf),
  },
  {
    ...{ name: "bpfwarden_rule_keys", type: "gauge", labels: ["rule"] },
    help: "Keys in the window of a rule.",
    read: perRule(({ state }) => state.keys.size),
  },
  {
    ...{ name: "bpfwarden_rule_matched_events", type: "counter", labels: ["rule"] },
    help: "Events that passed the filter of a rule.",
    read: perRule(({ totals }) => totals?.losses.matched),
  },
  {
    ...{ name: "bpfwarden_rule_records", type: "counter", labels: ["rule"] },
    help: "Records of events that the kernel sent to the daemon.",
    read: perRule(({ totals }) => totals?.losses.records),
  },
  {
    ...{ name: "bpfwarden_rule_losses", type: "counter", labels: ["rule", "kind"] },
    help: "Events, records, spans and keys that were lost or not counted as asked, by kind.",
    read: ({ rules }) =>
      rules().flatMap(({ name, totals }) =>
        totals === undefined ? [] : KINDS.map((kind) => point({ rule: name, kind }, totals.losses.lost[kind])),
      ),
  },
  {
    ...{ name: "bpfwarden_rule_series_left_out", type: "counter", labels: ["rule"] },
    help: "Counts of a key in a tick that are under other in these metrics, because of limits.series.",
    read: perRule(({ totals }) => totals?.leftOut),
  },
  {
    ...{ name: "bpfwarden_rule_kernel_memory_bytes", type: "gauge", unit: "bytes", labels: ["rule"] },
    help: "Kernel memory of the maps of a rule.",
    read: perRule(({ object }) => object.spec.memoryBytes),
  },
  {
    ...{ name: "bpfwarden_rule_cpu_ratio", type: "gauge", unit: "ratio", labels: ["rule"] },
    help: "Share of one CPU that the programs of a rule took when they were measured last.",
    read: perRule(({ cpu }) => cpu),
  },
];

function stateOf(rule: MeasuredRule): readonly NumberPoint[] {
  const { name, state, isDegraded, fault } = rule;
  const found = new Set<AlertState>();
  for (const { alert } of state.keys.values()) found.add(alert.firing === undefined ? alert.state : "firing");
  const isBad = isDegraded || fault !== undefined;
  const worst = found.has("firing") ? "firing" : isBad ? "degraded" : found.has("pending") ? "pending" : undefined;
  const now = worst ?? (found.has("no_data") ? "no_data" : "ok");
  return STATES.map((each) => point({ rule: name, state: each }, each === now ? 1 : 0));
}

function alertsOf({ name, state }: MeasuredRule): readonly NumberPoint[] {
  const { levels } = state.policy;
  if (levels.length === 0) return [];
  const firing = levels.map(() => 0);
  let pending = 0;
  for (const { alert } of state.keys.values()) {
    if (alert.firing !== undefined) firing[alert.firing.level] = (firing[alert.firing.level] ?? 0) + 1;
    else if (alert.state === "pending") pending++;
  }
  return [
    ...levels.map((severity, level) => point({ rule: name, severity, state: "firing" }, firing[level] ?? 0)),
    point({ rule: name, severity: "", state: "pending" }, pending),
  ];
}
