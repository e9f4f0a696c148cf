import type { RuleFormulas } from "../evaluate/formula/check-formulas.ts";
import type { MetricUnit } from "../metrics/metric-family.ts";
import { labelName, type ValueMetric, valueMetrics } from "../metrics/metric-name.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** A rule whose values a dashboard shows. */
export interface ShownRule {
  readonly rule: RuleSyntax;
  readonly formulas: RuleFormulas;
}

interface Query {
  readonly expr: string;
  readonly legendFormat: string;
  readonly format?: "heatmap";
}

interface PanelSpec {
  readonly title: string;
  readonly description?: string;
  readonly type: "timeseries" | "heatmap";
  readonly unit: string;
  readonly queries: readonly Query[];
}

/** Grafana's names of units. A rate of seconds is seconds a second. */
const UNITS: Readonly<Record<MetricUnit, string>> = { seconds: "s", bytes: "bytes", ratio: "percentunit" };
const RATE_UNITS: Readonly<Record<MetricUnit, string>> = { seconds: "percentunit", bytes: "Bps", ratio: "percentunit" };

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
/** The schema of Grafana 10 and newer. */
const SCHEMA_VERSION = 39;
const PANEL = { width: 12, height: 8 };
const COLUMNS = 24;

/** Returns a Grafana dashboard with a row for the daemon and one for each rule. */
export function dashboard(rules: readonly ShownRule[]): object {
  const rows = [
    { title: "Daemon", panels: DAEMON_PANELS },
    ...rules.map(({ rule, formulas }) => ({ title: rule.name.text, panels: panelsOf(rule, formulas) })),
  ];
  return {
    ...{ uid: "bpfwarden", title: "bpfwarden", tags: ["bpfwarden"], schemaVersion: SCHEMA_VERSION, version: 1 },
    ...{ editable: true, refresh: "30s", time: { from: "now-1h", to: "now" } },
    templating: { list: VARIABLES },
    panels: placed(rows),
  };
}

const VARIABLES = [
  { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
  {
    ...{ name: "instance", label: "Host", type: "query", datasource: DATASOURCE, refresh: 2 },
    ...{ query: "label_values(bpfwarden_build_info, instance)", includeAll: true, multi: true },
    current: { text: "All", value: "$__all" },
  },
];

const HOSTS = 'instance=~"$instance"';

const DAEMON_PANELS: readonly PanelSpec[] = [
  {
    ...{ title: "Firing alerts", type: "timeseries", unit: "short" },
    queries: [
      {
        expr: `sum by (rule, severity) (bpfwarden_alerts{state="firing",${HOSTS}}) > 0`,
        legendFormat: "{{rule}} {{severity}}",
      },
    ],
  },
  {
    ...{ title: "Losses", type: "timeseries", unit: "ops" },
    queries: [
      {
        expr: `sum by (rule, kind) (rate(bpfwarden_rule_losses_total{${HOSTS}}[$__rate_interval])) > 0`,
        legendFormat: "{{rule}} {{kind}}",
      },
    ],
  },
  {
    ...{ title: "CPU in the kernel, by rule", type: "timeseries", unit: "percentunit" },
    queries: [{ expr: `bpfwarden_rule_cpu_ratio{${HOSTS}}`, legendFormat: "{{rule}} {{instance}}" }],
  },
  {
    ...{ title: "Messages that failed or wait", type: "timeseries", unit: "short" },
    queries: [
      {
        expr: `increase(bpfwarden_messages_failed_total{${HOSTS}}[$__rate_interval]) > 0`,
        legendFormat: "{{action}} failed",
      },
      { expr: `bpfwarden_messages_waiting{${HOSTS}}`, legendFormat: "{{action}} waiting" },
    ],
  },
];

function panelsOf(rule: RuleSyntax, formulas: RuleFormulas): readonly PanelSpec[] {
  const { description } = rule;
  const columns = rule.program.by.map(({ name }) => labelName(name.text));
  const values = valueMetrics(rule.name.text, formulas).flatMap((metric) => valuePanels(metric, columns));
  const records: PanelSpec = {
    ...{ title: "records", type: "timeseries", unit: "ops" },
    queries: [
      {
        expr: `rate(bpfwarden_rule_records_total{rule="${rule.name.text}",${HOSTS}}[$__rate_interval])`,
        legendFormat: "{{instance}}",
      },
    ],
  };
  const own = rule.program.event === undefined ? values : [...values, records];
  return own.map((panel) => ({ ...panel, ...(description !== undefined && { description: description.trim() }) }));
}

function valuePanels(metric: ValueMetric, columns: readonly string[]): readonly PanelSpec[] {
  const { name, type, unit, value } = metric;
  const legendFormat = columns.length === 0 ? "{{instance}}" : columns.map((column) => `{{${column}}}`).join(" ");
  const shown = unit === undefined ? "short" : UNITS[unit];
  const by = columns.length === 0 ? "instance" : columns.join(", ");
  const title = value.name === "value" ? metric.name.replace(/^bpfwarden_/, "") : value.name;
  if (type === "gauge")
    return [{ title, type: "timeseries", unit: shown, queries: [{ expr: `${name}{${HOSTS}}`, legendFormat }] }];
  if (type === "counter")
    return [
      {
        ...{ title: `${title} a second`, type: "timeseries", unit: unit === undefined ? "cps" : RATE_UNITS[unit] },
        queries: [{ expr: `topk(20, sum by (${by}) (rate(${name}_total{${HOSTS}}[$__rate_interval])))`, legendFormat }],
      },
    ];
  const buckets = `rate(${name}_bucket{${HOSTS}}[$__rate_interval])`;
  return [
    {
      ...{ title: `${title}, p99`, type: "timeseries", unit: shown },
      queries: [{ expr: `topk(20, histogram_quantile(0.99, sum by (le, ${by}) (${buckets})))`, legendFormat }],
    },
    {
      ...{ title: `${title}, distribution`, type: "heatmap", unit: shown },
      queries: [{ expr: `sum by (le) (${buckets})`, legendFormat: "{{le}}", format: "heatmap" }],
    },
  ];
}

/** Places the panels of each row in two columns, one below the other. */
function placed(rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[]): readonly object[] {
  let [id, y] = [1, 0];
  return rows.flatMap(({ title, panels }) => {
    const row = {
      id: id++,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 },
      panels: [],
    };
    const inRow = panels.map((panel, index) => {
      const x = (index * PANEL.width) % COLUMNS;
      const at = {
        x,
        y: y + Math.floor((index * PANEL.width) / COLUMNS) * PANEL.height,
        w: PANEL.width,
        h: PANEL.height,
      };
      return panelOf(panel, id++, at);
    });
    y += Math.ceil((panels.length * PANEL.width) / COLUMNS) * PANEL.height;
    return [row, ...inRow];
  });
}

function panelOf({ title, description, type, unit, queries }: PanelSpec, id: number, gridPos: object): object {
  return {
    ...{ id, type, title, gridPos, datasource: DATASOURCE, ...(description !== undefined && { description }) },
    fieldConfig: { defaults: { unit }, overrides: [] },
    ...(type === "heatmap" && { options: { calculate: false, yAxis: { unit } } }),
    targets: queries.map((query, index) => ({
      ...query,
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
    })),
  };
}
