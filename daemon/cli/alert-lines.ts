import { visibleText } from "../../bpf/source/visible.ts";
import type { AlertReport, AlertsReport } from "../api/alert-report.ts";
import { tableLines, type TableColumn } from "../try/table.ts";
import { labelsText } from "../api/values-text.ts";

/** The kinds of alerts to list; without any, those that receivers are notified of. */
export interface AlertChoice {
  readonly active?: boolean;
  readonly silenced?: boolean;
  readonly inhibited?: boolean;
  readonly muted?: boolean;
  readonly pending?: boolean;
  readonly all?: boolean;
}

type Kind = "active" | "silenced" | "inhibited" | "muted" | "pending";
const KINDS: readonly Kind[] = ["active", "silenced", "inhibited", "muted", "pending"];
const STAGES: Readonly<Record<string, Kind>> = { silence: "silenced", inhibit: "inhibited", mute: "muted" };

/** Returns all kinds of an alert: it can be silenced and inhibited at once. */
function kindsOf({ state, suppressedBy }: AlertReport): readonly Kind[] {
  if (state === "pending") return ["pending"];
  return suppressedBy.length === 0 ? ["active"] : suppressedBy.flatMap(({ stage }) => STAGES[stage] ?? []);
}

export function chosenAlerts(alerts: readonly AlertReport[], choice: AlertChoice): readonly AlertReport[] {
  if (choice.all === true) return alerts;
  const asked = KINDS.filter((kind) => choice[kind] === true);
  const wanted = asked.length === 0 ? ["active"] : asked;
  return alerts.filter((alert) => kindsOf(alert).some((kind) => wanted.includes(kind)));
}

/** Formats the chosen alerts as a table, as `amtool alert` does, with the numbers of the others. */
export function alertLines(
  { alerts, omitted }: AlertsReport,
  shown: readonly AlertReport[],
  columns: number,
): readonly string[] {
  const others = KINDS.flatMap((kind) => {
    const count = alerts.filter((alert) => !shown.includes(alert) && kindsOf(alert).includes(kind)).length;
    return count === 0 ? [] : [`${count} ${kind} (--${kind})`];
  });
  return [
    ...(shown.length === 0 ? ["no alerts"] : table(shown, columns)),
    ...(others.length === 0 ? [] : ["", `not listed: ${others.join(", ")}`]),
    ...(omitted === 0 ? [] : ["", `${omitted} more alerts: choose with matchers`]),
  ];
}

function table(shown: readonly AlertReport[], columns: number): readonly string[] {
  const column = (title: string, cellOf: (alert: AlertReport) => string, least?: number): TableColumn => {
    return { title, align: "left", cells: shown.map(cellOf), ...(least !== undefined && { least }) };
  };
  return tableLines(
    [
      column("ALERTNAME", ({ alertname }) => visibleText(alertname), 16),
      column("LABELS", ({ labels }) => labelsText(ownLabels(labels)), 16),
      column("STARTS AT", ({ startsAt }) => startsAt?.replace(/\.\d+/, "") ?? ""),
      column("SUMMARY", ({ summary }) => visibleText(summary), 20),
      column("STATE", (alert) => visibleText(stateText(alert)), 12),
    ],
    columns,
  );
}

/** Returns the labels without those that every alert has or that have their own column. */
function ownLabels(labels: AlertReport["labels"]): AlertReport["labels"] {
  const { alertname: name, rule, instance: _instance, ...own } = labels;
  return rule === undefined || rule === name ? own : { ...own, rule };
}

function stateText({ state, suppressedBy }: AlertReport): string {
  return [state, ...suppressedBy.map(({ reason }) => reason)].join(", ");
}
